import { type Case, endsWell } from './case.ts'
import type { Provider } from './provider.ts'

/** As much as an agent sends. */
const FILLER = 'A line of a file that an agent has read, with its words and its spaces.\n'.repeat(400)
const SLOW_MS = 150
const PIECES_BEFORE_LEAVING = 6

/** Plays a case as its client; gives what was wrong about the answer. */
export async function play(url: string, provider: Provider, one: Case): Promise<string | undefined> {
  const leaving = new AbortController()
  try {
    const answer = ask(url, one, leaving.signal)
    if (one.behaviour === 'early') {
      await provider.whenSeen(one.id)
      leaving.abort()
    }
    const response = await answer
    const text = await read(response, one, leaving)
    return isWhole(text, one) ? undefined : `${response.status}, and it ends with ${JSON.stringify(text.slice(-200))}`
  } catch (cause) {
    return leaving.signal.aborted && !endsWell(one) ? undefined : String(cause)
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

/** The end of the answer; rejects where the client goes away. */
async function read(response: Response, { behaviour }: Case, leaving: AbortController): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let pieces = 0
  for await (const piece of response.body ?? []) {
    text = (text + decoder.decode(piece, { stream: true })).slice(-5000)
    if (behaviour.startsWith('slow')) await Bun.sleep(SLOW_MS)
    const isGoing = behaviour === 'midway' || behaviour === 'slow-then-gone'
    if (isGoing && ++pieces === PIECES_BEFORE_LEAVING) leaving.abort()
  }
  return text
}

function isWhole(text: string, { behaviour, way }: Case): boolean {
  if (behaviour === 'whole') return text.includes('lazy dog')
  return way === 'relayed-chat' ? text.includes('data: [DONE]') : text.includes('event: message_stop')
}
