import type { WebSearch } from '../../canonical/event.ts'
import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { pageIn, searchOf } from '../found-pages.ts'
import { ID } from './residue.ts'

/** What the provider's own search has looked for, and the pages that the answer cites, or all that were found if it cites none. */
export function sourcesIn(parts: readonly Part[]): { readonly search?: WebSearch } {
  const blocks = parts.flatMap<JsonObject>(({ native }) => restFor(native, ID) ?? [])
  const cited = blocks.flatMap(({ annotations }) => listOf(annotations).flatMap(pageIn))
  const actions = blocks.flatMap<JsonObject>(({ type, action }) =>
    type === 'web_search_call' && isObject(action) ? action : [],
  )
  const found = actions.flatMap(({ sources }) => listOf(sources).flatMap(pageIn))
  return searchOf(
    actions.flatMap(({ query }) => asString(query) ?? []),
    cited.length > 0 ? cited : found,
  )
}

/** Another provider's web search as the item in which a response tells of its own. */
export function searchItem({ queries, pages }: WebSearch, id: string): JsonObject {
  const sources = pages.map(({ url }) => ({ type: 'url', url }))
  const action = { type: 'search', query: queries.join('; '), queries: [...queries], sources }
  return { type: 'web_search_call', id, status: 'completed', action }
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
