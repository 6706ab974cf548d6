import type { WebSearch } from '../../canonical/event.ts'
import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'

/** Another provider's web search as Google tells of its own. */
export function groundingMetadataOf(search: WebSearch | undefined): JsonObject {
  if (!search) return {}
  const groundingChunks = search.pages.map(({ url, title }) => ({ web: { uri: url, title: title ?? url } }))
  return { groundingMetadata: { webSearchQueries: [...search.queries], groundingChunks } }
}

/** What Google's search looked for and found for an answer; nothing if it did not search. */
export function groundingOf({ rest }: Native): { search?: WebSearch } {
  const [candidate] = Array.isArray(rest.candidates) ? rest.candidates : []
  const grounding = isObject(candidate) ? candidate.groundingMetadata : undefined
  if (!isObject(grounding) || !Array.isArray(grounding.groundingChunks)) return {}
  const { webSearchQueries: asked } = grounding
  const queries = Array.isArray(asked) ? asked.filter((query) => typeof query === 'string') : []
  const pages = grounding.groundingChunks.flatMap((chunk) => {
    const web = isObject(chunk) && isObject(chunk.web) ? chunk.web : {}
    const url = asString(web.uri)
    const title = asString(web.title)
    return url === undefined ? [] : [{ url, ...(title && { title }) }]
  })
  return pages.length > 0 ? { search: { queries, pages } } : {}
}
