import type { WebSearch } from '../../canonical/event.ts'
import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { pageIn } from '../found-pages.ts'

/** The pages that a search has found for an answer, as Chat Completions tells of its own: each is cited for the whole of it. */
export function citationsOf(search: WebSearch | undefined): JsonObject {
  if (!search || search.pages.length === 0) return {}
  const annotations = search.pages.map(({ url, title = url }) => ({
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: 0, title, url },
  }))
  return { annotations }
}

/** The pages that annotations of an answer cite. */
export function citedIn(annotations: readonly Json[]): WebSearch['pages'] {
  return annotations.flatMap((each) => (isObject(each) ? pageIn(each.url_citation) : []))
}

/** The pages that Perplexity names beside its answer. */
export function foundIn(results: Json): WebSearch['pages'] {
  return Array.isArray(results) ? results.flatMap(pageIn) : []
}
