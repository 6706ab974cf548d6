import type { WebSearch } from '../canonical/event.ts'
import { asString, isObject, type Json } from '../canonical/json.ts'

/** A page that an answer names, with what it is called if that is told; nothing if `value` names none. */
export function pageIn(value: Json | undefined): WebSearch['pages'] {
  const url = isObject(value) ? asString(value.url) : undefined
  const title = isObject(value) ? asString(value.title) : undefined
  return url ? [{ url, ...(title && { title }) }] : []
}

/** What was looked for and found, each page once; nothing where no page is named. */
export function searchOf(queries: readonly string[], pages: WebSearch['pages']): { readonly search?: WebSearch } {
  if (pages.length === 0) return {}
  return { search: { queries, pages: [...new Map(pages.map((page) => [page.url, page])).values()] } }
}
