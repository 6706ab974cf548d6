import { ModelError } from '../../canonical/error.ts'
import type { ModelRequest, ServerTool } from '../../canonical/request.ts'
import type { Target } from '../protocol.ts'

/** Why a tool of another vendor is not there in `place`. */
export function whyNoTool({ name, kind }: ServerTool, place: string): string {
  const remedy = kind === 'web-search' ? '; `web_search` of the config names who would make it' : ''
  return `${name} is run by the provider of the client's protocol; ${place} has no such tool${remedy}`
}

/** A request with no other tool than the provider's own is for its outcome: an answer without it would be made up. */
export function noServerTool(request: ModelRequest, target: Target): ModelError {
  const names = request.tools.map(({ name }) => name).join(', ')
  const isSearch = request.tools.some((tool) => tool.type === 'server' && tool.kind === 'web-search')
  const remedy = isSearch ? ': set Router.webSearch to a model that has one, or web_search to a search backend' : ''
  return new ModelError(`${target.provider} (${target.model}) has no ${names} of its own${remedy}`, {
    kind: 'bad-request',
    shouldRetry: false,
    provider: target.provider,
    model: target.model,
  })
}
