import type { Part } from '../../canonical/request.ts'
import { promptTokens } from '../../canonical/usage.ts'
import type { Provider } from '../../provider/provider.ts'
import { estimateInput } from '../../router/estimate.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { Call } from '../call.ts'
import type { PlaceLayer } from '../place.ts'
import type { Warn } from '../warn.ts'

/**
 * Servers of this machine cut what is beyond their context length off a prompt, without a word: Ollama's is 4096 tokens where
 * nobody has said otherwise, and of an agent's prompt little is left. What they say that they have read tells on them.
 */
export function createCutPromptWarning(warn: Warn): PlaceLayer {
  // To look again would cost an estimate of every prompt.
  const told = new Set<string>()
  return ({ provider, target }, next) => {
    if (!isLocal(provider)) return next
    const name = nameOfTarget(target)
    return (call) => {
      if (call.text.length >= SHORTEST && !told.has(name)) call.trace.atEnd.push(() => look(call))
      return next(call)
    }

    function look({ trace, text, request }: Call): void {
      const read = trace.usage && promptTokens(trace.usage)
      const by = trace.target ?? target
      if (!read || nameOfTarget(by) !== name || told.has(name) || text.length < read * MOST_CHARACTERS) return
      if (request.messages.some(({ parts }) => parts.some(holdsMedia))) return
      const estimated = estimateInput(request)
      if (read > estimated * LEAST_SHARE) return
      told.add(name)
      warn(`${target.provider} (${target.model}) has read only a part of the prompt: ${REMEDY}`, { read, estimated })
    }
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
