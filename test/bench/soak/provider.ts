import { anthropicError, anthropicErrorFrame, anthropicFrames, anthropicMessage } from '../../helper/turn-anthropic.ts'
import { chatCompletion, chatFrames } from '../../helper/turn-chat.ts'
import { caseOf, type Case } from './case.ts'
import { LARGE_PIECES, LARGE_TURN, TURN } from './turn.ts'

/** Providers of two protocols, at the pace of a model, with the faults of each case. */
export interface Provider {
  readonly url: string
  /** At which rows each call came, in order, by its id. */
  readonly seen: ReadonlyMap<string, readonly string[]>
  /** Resolves when the call has come. */
  whenSeen(id: string): Promise<void>
  /** How many answers are being given. */
  running(): number
  stop(): Promise<void>
}

const PACE_MS = 100
const HOLD_MS = 2000

interface Wire {
  readonly whole: string
  readonly frames: readonly string[]
  readonly large: readonly string[]
  readonly empty: Pick<Wire, 'whole' | 'frames'>
  readonly error: Pick<Wire, 'whole' | 'frames'>
}

const CHAT_ERROR = { error: { message: 'The server had an error', type: 'server_error', code: null } }
const CHAT: Wire = {
  whole: JSON.stringify(chatCompletion(TURN)),
  frames: chatFrames(TURN),
  large: enlarged(chatFrames({ text: '#' }), JSON.stringify(LARGE_TURN.text)),
  empty: { whole: JSON.stringify(chatCompletion({})), frames: chatFrames({}) },
  error: { whole: JSON.stringify(CHAT_ERROR), frames: [`data: ${JSON.stringify(CHAT_ERROR)}\n\n`] },
}
const MESSAGES: Wire = {
  whole: JSON.stringify(anthropicMessage(TURN)),
  frames: anthropicFrames(TURN),
  large: enlarged(anthropicFrames({ text: '#' }), JSON.stringify(LARGE_TURN.text)),
  empty: { whole: JSON.stringify(anthropicMessage({})), frames: anthropicFrames({}) },
  error: {
    whole: JSON.stringify(anthropicError('overloaded_error', 'Overloaded')),
    frames: [anthropicErrorFrame()],
  },
}

export function createProvider(): Provider {
  const seen = new Map<string, string[]>()
  const waiting = new Map<string, () => void>()
  let running = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const body = await request.text()
      const id = /soak-\d+/.exec(body)?.[0] ?? ''
      const { pathname } = new URL(request.url)
      const rows = seen.get(id) ?? []
      seen.set(id, rows)
      rows.push(pathname.split('/')[1] ?? '')
      waiting.get(id)?.()
      waiting.delete(id)
      const one = caseOf(Number(id.slice(5)))
      const wire = pathname.endsWith('/messages') ? MESSAGES : CHAT
      if (one.behaviour === 'early') await Bun.sleep(HOLD_MS)
      const isHit = rows.length === 1 || one.fault === 'dead'
      const status = isHit ? statusOf(one, pathname) : undefined
      if (status !== undefined) return new Response(wire.error.whole, { status, headers: headersOf(status) })
      const { pieces, end } = isHit ? broken(wire, one) : { pieces: piecesOf(wire, one), end: 'close' as const }
      running++
      const type = one.behaviour === 'whole' ? 'application/json' : 'text/event-stream'
      return new Response(
        paced(pieces, end, () => running--),
        {
          headers: { 'content-type': type },
        },
      )
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    seen,
    whenSeen: (id) => new Promise((resolve) => (seen.has(id) ? resolve() : waiting.set(id, resolve))),
    running: () => running,
    stop: () => server.stop(true),
  }
}

/** With which status the provider refuses, if it does. Only one of the two asks for a pause: else nobody could be asked. */
function statusOf({ fault }: Case, path: string): number | undefined {
  if (fault === 'rate') return path.startsWith('/other/') ? 529 : 429
  if (fault === 'failure') return 500
  return fault === 'overload' || fault === 'dead' ? 529 : undefined
}

function headersOf(status: number): Record<string, string> {
  return { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) }
}

/** What is sent, and whether the connection then breaks. */
interface Sent {
  readonly pieces: readonly string[]
  readonly end: 'close' | 'break'
}

function broken(wire: Wire, one: Case): Sent {
  const pieces = piecesOf(wire, one)
  const isWhole = one.behaviour === 'whole'
  const half = isWhole ? [wire.whole.slice(0, wire.whole.length / 2)] : pieces.slice(0, pieces.length / 2)
  switch (one.fault) {
    case 'inside':
      return { pieces: isWhole ? [wire.error.whole] : wire.error.frames, end: 'close' }
    case 'empty':
      return { pieces: isWhole ? [wire.empty.whole] : wire.empty.frames, end: 'close' }
    case 'early-cut':
      return { pieces: isWhole ? half : pieces.slice(0, 1), end: 'close' }
    case 'late-cut':
      return { pieces: half, end: 'break' }
    case 'reset':
      return { pieces: [], end: 'break' }
    default:
      return { pieces, end: 'close' }
  }
}

function piecesOf(wire: Wire, { behaviour }: Case): readonly string[] {
  if (behaviour === 'whole') return [wire.whole]
  return behaviour.startsWith('slow') ? wire.large : wire.frames
}

function paced(pieces: readonly string[], end: Sent['end'], over: () => void): ReadableStream {
  let next = 0
  return new ReadableStream(
    {
      async pull(controller) {
        if (next > 0) await Bun.sleep(PACE_MS)
        const piece = pieces[next++]
        if (piece !== undefined) return controller.enqueue(new TextEncoder().encode(piece))
        over()
        if (end === 'break') controller.error()
        else controller.close()
      },
      cancel: over,
    },
    { highWaterMark: 0 },
  )
}

/** The stream with many large pieces in the place of its one piece `#`. */
function enlarged(frames: readonly string[], text: string): string[] {
  return frames.flatMap((frame) =>
    frame.includes('"#"') ? Array.from({ length: LARGE_PIECES }, () => frame.replace('"#"', text)) : frame,
  )
}
