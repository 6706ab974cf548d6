import type { WebSearch } from '../canonical/event.ts'
import type { Json } from '../canonical/json.ts'
import type { MadeSearch, SearchWish } from './search-codec.ts'

/** OpenAI's word for how much a search shall find. */
export function sizeOf(value: Json | undefined): SearchWish['size'] {
  return value === 'low' || value === 'medium' || value === 'high' ? value : undefined
}

/** What searches have found, each page once; nothing if they found none. */
export function foundIn(made: readonly MadeSearch[]): { readonly search?: WebSearch } {
  const pages = made.flatMap(({ outcome }) => ('pages' in outcome ? outcome.pages : []))
  const unique = new Map(pages.map(({ url, title }) => [url, { url, title }]))
  return unique.size > 0 ? { search: { queries: made.map(({ query }) => query), pages: [...unique.values()] } } : {}
}
