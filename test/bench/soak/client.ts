import { type Case, leaves, type Outcome, outcomesOf } from './case.ts'
import type { Provider } from './provider.ts'
import { createJudge, type Verdict } from './verdict.ts'

/** As much as an agent sends. */
const FILLER = 'A line of a file that an agent has read, with its words and its spaces.\n'.repeat(400)
const SLOW_MS = 150
const PIECES_BEFORE_LEAVING = 6

/** How a call ended for its client. */
export interface Played {
  readonly outcome?: Outcome
  /** What was wrong about the answer. */
  readonly wrong?: string
}

/** Plays a case as its client. */
export async function play(url: string, provider: Provider, one: Case): Promise<Played> {
  const played = await playOut(url, provider, one)
  if (played.outcome === undefined || outcomesOf(one).includes(played.outcome)) return played
  return { wrong: `an end that is called ${played.outcome}`, ...played }
}

async function playOut(url: string, provider: Provider, one: Case): Promise<Played> {
  const leaving = new AbortController()
  try {
    const answer = ask(url, one, leaving.signal)
    if (one.behaviour === 'early') {
      await provider.whenSeen(one.id)
      leaving.abort()
    }
    const response = await answer
    const verdict = await read(response, one, leaving)
    return typeof verdict === 'string' ? { outcome: verdict } : verdict
  } catch (cause) {
    return leaving.signal.aborted ? { outcome: 'gone' } : { wrong: String(cause) }
  }
}

function ask(url: string, { id, behaviour, way }: Case, signal: AbortSignal): Promise<Response> {
  const body = {
    model: way === 'relayed-messages' ? 'messages,m' : 'chat,m',
    max_tokens: 1000,
    stream: behaviour !== 'whole',
    messages: [{ role: 'user', content: `${id}\n${FILLER}` }],
  }
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-claude-code-session-id': id },
    body: JSON.stringify(body),
    signal,
    // What is open at the end is then the router's own.
    keepalive: false,
    proxy: false,
    timeout: false,
  }
  const path = way === 'relayed-chat' ? '/v1/chat/completions' : '/v1/messages'
  return fetch(url + path, init as unknown as RequestInit)
}

/** Reads the answer to its end; rejects where the client goes away. */
async function read(response: Response, one: Case, leaving: AbortController): Promise<Verdict> {
  const judge = createJudge(one, response.status)
  const decoder = new TextDecoder()
  let pieces = 0
  for await (const piece of response.body ?? []) {
    judge.push(decoder.decode(piece, { stream: true }))
    if (one.behaviour.startsWith('slow')) await Bun.sleep(SLOW_MS)
    if (leaves(one.behaviour) && ++pieces === PIECES_BEFORE_LEAVING) leaving.abort()
  }
  return judge.end()
}
