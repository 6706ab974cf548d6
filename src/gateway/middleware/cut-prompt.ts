import type { Part } from '../../canonical/request.ts'
import { promptTokens } from '../../canonical/usage.ts'
import type { Provider } from '../../provider/provider.ts'
import { estimateInput } from '../../router/estimate.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { Middleware } from '../call.ts'
import type { Warn } from '../warn.ts'

/**
 * Servers of this machine cut what is beyond their context length off a prompt, without a word: Ollama's is 4096 tokens where
 * nobody has said otherwise, and of an agent's prompt little is left. What they say that they have read tells on them.
 */
export function createCutPromptWarning(providers: readonly Provider[], warn: Warn): Middleware {
  const local = new Set(providers.filter(isLocal).map(({ name }) => name))
  // To look again would cost an estimate of every prompt.
  const told = new Set<string>()
  return (call, next) => {
    const { trace, text, request } = call
    if (call.target && local.has(call.target.provider)) {
      trace.atEnd.push(() => {
        const target = trace.target ?? call.target
        const read = trace.usage && promptTokens(trace.usage)
        if (!target || !read || !local.has(target.provider) || told.has(nameOfTarget(target))) return
        if (
          text.length < Math.max(SHORTEST, read * MOST_CHARACTERS) ||
          request.messages.some(({ parts }) => parts.some(holdsMedia))
        )
          return
        const estimated = estimateInput(request)
        if (read > estimated * LEAST_SHARE) return
        told.add(nameOfTarget(target))
        warn(`${target.provider} (${target.model}) has read only a part of the prompt: ${REMEDY}`, { read, estimated })
      })
    }
    return next(call)
  }
}

/** Of a body, in characters: less than this fits everywhere. */
const SHORTEST = 12_000
/** A token of any text has fewer characters of a body: what has more of them for each may have been cut. */
const MOST_CHARACTERS = 6
/** Estimates are off by a quarter at worst. */
const LEAST_SHARE = 0.6
const REMEDY =
  'its context length is smaller. Make it larger (Ollama: start it with OLLAMA_CONTEXT_LENGTH=65536), and write the number as `contextWindow` of the provider'

function isLocal({ endpoints }: Provider): boolean {
  return endpoints.every(({ baseUrl }) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(baseUrl).hostname))
}

/** What media cost is not known well enough. */
function holdsMedia(part: Part): boolean {
  return part.type === 'media' || (part.type === 'tool-result' && part.content.some(holdsMedia))
}
