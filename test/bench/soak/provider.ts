import { anthropicFrames, anthropicMessage } from '../../helper/turn-anthropic.ts'
import { chatCompletion, chatFrames } from '../../helper/turn-chat.ts'
import { caseOf } from './case.ts'

/** A provider that speaks two protocols at the pace of a model. */
export interface Provider {
  readonly url: string
  /** How often each call came, by its id. */
  readonly seen: ReadonlyMap<string, number>
  /** Resolves when the call has come. */
  whenSeen(id: string): Promise<void>
  /** How many answers are being given. */
  running(): number
  stop(): Promise<void>
}

const PACE_MS = 100
const HOLD_MS = 2000
const TURN = { text: 'the quick brown fox jumps over the lazy dog '.repeat(8) }
/** More than the sockets on the way hold, so that a slow client is felt here. */
const LARGE_TURN = { text: 'x'.repeat(64 * 1024) }
const LARGE_PIECES = 24

interface Wire {
  readonly whole: string
  readonly frames: readonly string[]
  readonly large: readonly string[]
}

const CHAT: Wire = {
  whole: JSON.stringify(chatCompletion(TURN)),
  frames: chatFrames(TURN),
  large: enlarged(chatFrames({ text: '#' }), JSON.stringify(LARGE_TURN.text)),
}
const MESSAGES: Wire = {
  whole: JSON.stringify(anthropicMessage(TURN)),
  frames: anthropicFrames(TURN),
  large: enlarged(anthropicFrames({ text: '#' }), JSON.stringify(LARGE_TURN.text)),
}

export function createProvider(): Provider {
  const seen = new Map<string, number>()
  const waiting = new Map<string, () => void>()
  let running = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const body = await request.text()
      const id = /soak-\d+/.exec(body)?.[0] ?? ''
      seen.set(id, (seen.get(id) ?? 0) + 1)
      waiting.get(id)?.()
      waiting.delete(id)
      const { behaviour } = caseOf(Number(id.slice(5)))
      const wire = new URL(request.url).pathname.endsWith('/messages') ? MESSAGES : CHAT
      if (behaviour === 'early') await Bun.sleep(HOLD_MS)
      if (behaviour === 'whole') return new Response(wire.whole, { headers: { 'content-type': 'application/json' } })
      const frames = behaviour.startsWith('slow') ? wire.large : wire.frames
      running++
      const over = (): void => void running--
      return new Response(paced(frames, over), { headers: { 'content-type': 'text/event-stream' } })
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

function paced(frames: readonly string[], over: () => void): ReadableStream {
  let next = 0
  return new ReadableStream(
    {
      async pull(controller) {
        if (next > 0) await Bun.sleep(PACE_MS)
        const frame = frames[next++]
        if (frame !== undefined) return controller.enqueue(new TextEncoder().encode(frame))
        over()
        controller.close()
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
