import { createMemory } from '../memory.ts'
import type { Call } from '../call.ts'

/** Which failed requests come again, because the client repeats them by itself. */
export interface Repeats {
  isRepeated(call: Call): boolean
  failed(call: Call): void
}

/** Agents give up sooner. */
const FRESH_MS = 120_000
const MOST_FAILED = 1000

export function createRepeats(now: () => number): Repeats {
  const failedAt = createMemory<number>(MOST_FAILED)
  let lastAt = Number.NEGATIVE_INFINITY
  return {
    isRepeated(call) {
      // The SDKs of Anthropic and OpenAI count.
      if (Number(call.wire.headers['x-stainless-retry-count']) > 0) return true
      if (now() - lastAt > FRESH_MS) return false
      const name = nameOf(call)
      const at = name === undefined ? undefined : failedAt.get(name)
      return at !== undefined && now() - at < FRESH_MS
    },
    failed(call) {
      const name = nameOf(call)
      if (name === undefined) return
      lastAt = now()
      failedAt.set(name, lastAt)
    },
  }
}

/** Claude Code always counts 0; its request is the same in the same session. What comes last in a conversation tells it apart. */
function nameOf({ trace, text }: Call): string | undefined {
  return trace.session === undefined ? undefined : `${trace.session} ${text.length} ${text.slice(-400)}`
}
