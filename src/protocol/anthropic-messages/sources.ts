import type { WebSearch } from '../../canonical/event.ts'
import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { pageIn, searchOf } from '../found-pages.ts'
import { ID } from './residue.ts'

/** What Anthropic's own search has looked for, and the pages that the answer cites, or all that were found if it cites none. */
export function sourcesIn(parts: readonly Part[]): { readonly search?: WebSearch } {
  const blocks = parts.flatMap<JsonObject>(({ native }) => restFor(native, ID) ?? [])
  if (blocks.length === 0) return {}
  const cited = blocks.flatMap(({ citations }) => listOf(citations).flatMap(pageIn))
  const found = blocks.flatMap(({ type, content }) =>
    type === 'web_search_tool_result' ? listOf(content).flatMap(pageIn) : [],
  )
  const queries = blocks.flatMap(({ type, name, input }) => {
    const asked =
      type === 'server_tool_use' && name === 'web_search' && isObject(input) ? asString(input.query) : undefined
    return asked ?? []
  })
  return searchOf(queries, cited.length > 0 ? cited : found)
}

/** Whether a part may tell of a source: most do not. */
export function namesSources({ native }: Part): boolean {
  const rest = restFor(native, ID)
  return rest !== undefined && (rest.citations !== undefined || rest.type !== undefined)
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
