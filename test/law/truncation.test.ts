import { describe, expect, test } from 'bun:test'
import { eventsIn, encodeContext, framesOf, having, run, translations } from './scenarios.ts'

describe('law 6: a stream that is cut anywhere ends in an error, never in a normal finish', () => {
  test.each(having('stream'))('%s, cut after any byte', (_, { protocol, stream }) => {
    const whole = framesOf(stream)
    const needed = whole.findIndex((__, index) => finishes(protocol, whole.slice(0, index + 1)))
    for (let length = 0; length < stream.length; length += stride(stream.length)) {
      const frames = framesOf(stream.slice(0, length))
      const last = eventsIn(protocol, frames).at(-1)
      if (needed < 0 || frames.length <= needed) expect(last?.type).toBe('error')
    }
  })

  test.each(translations('stream'))(
    '%s to a client of %s, cut after any event',
    (_name, _to, { protocol, stream }, client) => {
      const told = eventsIn(protocol, framesOf(stream)).slice(0, -1)
      for (let count = 0; count <= told.length; count++) {
        const frames = run(client.encodeStream(encodeContext()), told.slice(0, count))
        expect(eventsIn(client, frames).at(-1)?.type).toBe('error')
      }
    },
  )
})

function finishes(protocol: Parameters<typeof eventsIn>[0], frames: Parameters<typeof eventsIn>[1]): boolean {
  return eventsIn(protocol, frames).at(-1)?.type === 'finish'
}

// Every byte of a short stream; of a long one some 2000 places.
function stride(length: number): number {
  return Math.max(1, Math.floor(length / 2000))
}
