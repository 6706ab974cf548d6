import { restFor } from '../../canonical/native.ts'
import type { ModelRequest, Part } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { SEARCH_ORIGIN } from '../../protocol/search-codec.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Middleware } from '../call.ts'
import type { WebSearchSettings } from '../search/settings.ts'

/**
 * Searches the web for models that cannot: they are given a function in place of the provider's tool that the client asks for, and
 * when they call it the search is made here. The client sees what its own provider would have told it.
 */
export function createWebSearch(settings: WebSearchSettings, providers: readonly Provider[], ports: Ports): Middleware {
  return async (call, next) => {
    if (!concernsSearch(call.request)) return next(call)
    const { withSearch } = await import('../search/open.ts')
    return withSearch(call, next, { settings, providers, ports })
  }
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
