import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelReply } from '../../canonical/reply.ts'
import type { Part } from '../../canonical/request.ts'
import type { DecodeContext, EncodeContext } from '../protocol.ts'
import { packSummary, wantsCompaction, withoutSummary } from './compaction.ts'
import { RESPONSE, scopeOf } from './decode-stream.ts'
import { encodeOwnMessage, groupItems } from './encode-items.ts'
import { errorInside, malformed } from './error.ts'
import { decodeFinish, encodeFinish, noteSent, type Sent } from './finish.ts'
import { decodeItem } from './items.ts'
import { formOf, ID, residueOf } from './residue.ts'
import { baseResponse } from './response.ts'
import { searchItem, sourcesIn } from './sources.ts'
import { decodeUsage, encodeUsage } from './usage.ts'
import { createItemWriter } from './write-item.ts'

/** A whole response. Throws for one that failed and for a body that is none. */
export function decodeReply(body: Json, context: DecodeContext): ModelReply {
  if (!isObject(body)) throw malformed('answered with something that is no response', context)
  if (body.status === 'failed' || (body.error && body.status !== 'completed'))
    throw errorInside(body.error ?? {}, context)
  if (!Array.isArray(body.output)) throw malformed('answered without output', context)
  const scope = scopeOf(context)
  const parts = body.output.flatMap((item) => (isObject(item) ? decodeItem(item, scope) : []))
  const sent: Sent = { calls: false, refusal: false }
  for (const part of parts) noteSent(sent, part)
  const usage = decodeUsage(body.usage)
  const id = asString(body.id)
  const model = asString(body.model)
  const absent = NULLABLE.filter((key) => body[key] === undefined)
  const form = { whole: true, absent, ...(body.usage !== undefined && { usage: body.usage }) }
  return {
    ...(id && { id }),
    ...(model && { model }),
    parts,
    finish: decodeFinish(body, 'completed', sent),
    ...sourcesIn(parts),
    ...(usage && { usage }),
    native: residueOf(body, RESPONSE, form),
  }
}

/** A whole response for a client. */
export function encodeReply(reply: ModelReply, context: EncodeContext): JsonObject {
  const sent: Sent = { calls: false, refusal: false }
  for (const part of reply.parts) noteSent(sent, part)
  const writer = createItemWriter(context)
  const compacts = wantsCompaction(context.requestNative)
  const output = compacts
    ? compacted(reply.parts, context)
    : groupItems(reply.parts).flatMap((group) => encodeGroup(group, writer.items))
  const told = formOf(reply)
  if (reply.search && !restFor(reply.native, ID)) output.push(searchItem(reply.search, context.id('ws_')))
  const base = told.whole === true ? {} : baseResponse(context)
  const { empty } = told
  return {
    ...base,
    id: reply.id ?? context.id('resp_'),
    object: 'response',
    model: reply.model ?? context.model,
    ...finishFields(reply, sent),
    output,
    ...usageField(reply, told.usage),
    ...(isObject(empty) && empty),
    ...restFor(reply.native, ID),
  }
}

/** The one item that a client which compacts expects: the provider's own, or the summary that was written instead. */
function compacted(parts: readonly Part[], context: EncodeContext): JsonObject[] {
  const own = parts.flatMap<JsonObject>((part) => (part.type === 'native' ? (restFor(part.native, ID) ?? []) : []))
  if (own.length > 0) return own
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  if (text.trim() === '') throw withoutSummary()
  return [packSummary(text, context.id('cmp_'))]
}

function encodeGroup(group: readonly Part[], items: (part: Part) => JsonObject[]): JsonObject[] {
  const [first] = group
  if (first && formOf(first).item !== undefined && (first.type === 'text' || formOf(first).block === true))
    return [encodeOwnMessage(group, 'output_text')]
  return group.flatMap(items)
}

function finishFields(reply: ModelReply, sent: Sent): JsonObject {
  if (reply.finish.kind === 'other' && formOf(reply).whole === true) return { status: reply.finish.raw ?? 'completed' }
  const fields: JsonObject = { error: null, ...encodeFinish(reply.finish, sent) }
  const { absent } = formOf(reply)
  for (const key of NULLABLE)
    if (Array.isArray(absent) && absent.includes(key) && fields[key] === null) Reflect.deleteProperty(fields, key)
  return fields
}

/** Fields that some providers leave out where they say nothing. */
const NULLABLE = ['error', 'incomplete_details']

// The provider's own words as long as they say the same.
function usageField({ usage }: ModelReply, told: Json | undefined): JsonObject {
  if (!usage) return told === undefined ? {} : { usage: told }
  const known = decodeUsage(told)
  return { usage: isObject(told) && JSON.stringify(known) === JSON.stringify(usage) ? told : encodeUsage(usage) }
}
