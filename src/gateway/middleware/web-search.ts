import { restFor } from '../../canonical/native.ts'
import type { ModelRequest, Part } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { SEARCH_ORIGIN } from '../../protocol/search-codec.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Call, Middleware } from '../call.ts'
import { createMemory, type Memory } from '../memory.ts'
import type { WebSearchSettings } from '../search/settings.ts'

/**
 * Searches the web for models that cannot: they are given a function in place of the provider's tool that the client asks for, and
 * when they call it the search is made here. The client sees what its own provider would have told it.
 */
export function createWebSearch(settings: WebSearchSettings, providers: readonly Provider[], ports: Ports): Middleware {
  const laterIds = createMemory<string>(MOST_IDS)
  return async (told, next) => {
    const call = resumed(told, laterIds)
    if (!concernsSearch(call.request)) return next(call)
    const { withSearch } = await import('../search/open.ts')
    return withSearch(call, next, { settings, providers, ports, laterIds })
  }
}

/** Of answers of several rounds: clients may make many. */
const MOST_IDS = 1000

/** A client knows an answer by the id of its first round; what a provider keeps of the whole of it is the last one's. */
function resumed(call: Call, laterIds: Memory<string>): Call {
  const { native } = call.request
  const previous = call.protocol.stateOf?.(call.request)?.previous
  const last = previous === undefined ? undefined : laterIds.get(previous)
  if (last === undefined || !native) return call
  const rest = { ...native.rest, previous_response_id: last }
  return { ...call, request: { ...call.request, native: { ...native, rest } }, edited: true }
}

/** Fits a call that may search to whom it is sent; stands where that is known. */
export const fitSearch: Middleware = (call, next) => {
  const { webSearch, ...fitted } = call
  return webSearch ? webSearch(fitted, next) : next(call)
}

/** Whether a request asks for web searches, or holds what earlier ones have told the client. */
function concernsSearch({ tools, native, messages }: ModelRequest): boolean {
  if (tools.some((tool) => tool.type === 'server' && tool.kind === 'web-search')) return true
  if (restFor(native, 'openai-chat')?.web_search_options !== undefined) return true
  return messages.some(({ role, parts }) => role === 'assistant' && parts.some(tellsOfSearch))
}

function tellsOfSearch(part: Part): boolean {
  if (part.type === 'reasoning') return part.origin?.provider === SEARCH_ORIGIN.provider
  return part.type === 'native' && TOLD.has(part.native.rest.type)
}

const TOLD: ReadonlySet<unknown> = new Set(['server_tool_use', 'web_search_tool_result', 'web_search_call'])
