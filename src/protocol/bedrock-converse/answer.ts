import type { WebSearch } from '../../canonical/event.ts'
import { asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { decodeBlock } from './decode-blocks.ts'
import { ID, residueOf } from './residue.ts'
import { usageRest } from './usage.ts'

/** Reads the parts of one answer: its calls need ids that are unique within it. */
export function createAnswerParts(context: DecodeContext): (block: JsonObject) => Part | undefined {
  const used = new Set<string>()
  const origin = { provider: context.provider, model: context.model }
  return (block) => {
    const part = decodeBlock(withId(block, used, context))
    if (part.type === 'reasoning') return { ...part, origin }
    if (part.type === 'text') return part.text === '' ? undefined : part
    if (part.type !== 'tool-call') return part
    used.add(part.id)
    const name = context.toolNames?.get(part.name) ?? part.name
    // Nothing and `{}` mean the same in an answer: one spelling for both.
    return { ...part, name, input: part.input === '' ? '{}' : part.input }
  }
}

/** What of an answer stands outside its parts, its reason and its counts. */
export function envelopeOf(body: JsonObject): Native {
  const message = isObject(body.output) && isObject(body.output.message) ? omit(body.output.message, MESSAGE) : {}
  const usage = usageRest(body.usage)
  return residueOf({
    ...omit(body, CLAIMED),
    ...(Object.keys(message).length > 0 && { output: { message } }),
    ...(usage && { usage }),
  })
}

/** What the model's own search looked for and found, as far as its blocks tell. */
export function searchIn(parts: readonly Part[]): { readonly search?: WebSearch } {
  const blocks = parts.flatMap<JsonObject>(({ native }) => (native?.protocol === ID ? native.rest : []))
  const queries = blocks.flatMap(({ toolUse }) => {
    const input = isObject(toolUse) && isObject(toolUse.input) ? toolUse.input : {}
    return asString(input.query) ?? []
  })
  const pages = blocks.flatMap(({ citationsContent }) => {
    const citations = isObject(citationsContent) ? citationsContent.citations : undefined
    return (Array.isArray(citations) ? citations : []).flatMap(pageOf)
  })
  const unique = [...new Map(pages.map((page) => [page.url, page])).values()]
  return unique.length > 0 ? { search: { queries, pages: unique } } : {}
}

const MESSAGE: ReadonlySet<string> = new Set(['role', 'content'])
const CLAIMED: ReadonlySet<string> = new Set(['output', 'stopReason', 'usage'])

function pageOf(citation: Json): { url: string; title?: string }[] {
  const location = isObject(citation) ? citation.location : undefined
  const web = isObject(location) ? location.web : undefined
  const url = isObject(web) ? asString(web.url) : undefined
  if (url === undefined) return []
  const title = isObject(citation) ? asString(citation.title) : undefined
  return [{ url, ...(title !== undefined && { title }) }]
}

function withId(block: JsonObject, used: ReadonlySet<string>, context: DecodeContext): JsonObject {
  const { toolUse } = block
  if (!isObject(toolUse) || toolUse.type !== undefined) return block
  let id = asString(toolUse.toolUseId)
  if (id && !used.has(id)) return block
  while (!id || used.has(id)) id = context.id('tooluse_')
  return { ...block, toolUse: { ...toolUse, toolUseId: id } }
}
