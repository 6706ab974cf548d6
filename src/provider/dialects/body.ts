import type { Json, JsonObject } from '../../canonical/json.ts'
import { asNumber, isObject } from '../../canonical/json.ts'
import type { ProtocolId } from '../../canonical/native.ts'
import type { WireRequest } from '../../protocol/protocol.ts'

/** The request with another body; the very same request if the body is the same. */
export function withBody(wire: WireRequest, body: JsonObject): WireRequest {
  return body === wire.body ? wire : { ...wire, body }
}

/** The request with its body edited; `edit` gives the same object back where there is nothing to do. */
export function editBody(edit: (body: JsonObject, protocol: ProtocolId) => JsonObject) {
  return (wire: WireRequest, { protocol }: { readonly protocol: ProtocolId }) =>
    withBody(wire, edit(wire.body, protocol))
}

/** A copy with `fields` set; the same object if they are so already. A value of `undefined` removes the field. */
export function setFields(object: JsonObject, fields: JsonObject): JsonObject {
  const changed = Object.keys(fields).filter((key) => object[key] !== fields[key])
  if (changed.length === 0) return object
  const copy = { ...object }
  for (const key of changed) {
    if (fields[key] === undefined) delete copy[key]
    else copy[key] = fields[key]
  }
  return copy
}

/** Lowers the limit of output tokens, under the name that the protocol gives it. A limit is not added where there is none. */
export function capOutput(body: JsonObject, protocol: ProtocolId, limit: number): JsonObject {
  const holder = settingsOf[protocol]
  if (holder !== undefined) {
    const settings = body[holder]
    return isObject(settings) ? setFields(body, { [holder]: lowered(settings, limitFields[protocol], limit) }) : body
  }
  const capped = lowered(body, limitFields[protocol], limit)
  return protocol === 'anthropic-messages' && capped !== body ? fitThinking(capped, limit) : capped
}

/** An option as a number, also when a variable of the environment gave it as text. */
export function numberOption(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : asNumber(value)
  return Number.isFinite(number) ? number : undefined
}

/** `items` with each one edited; the same list if none changed. */
export function editEach(items: Json | undefined, edit: (item: JsonObject) => JsonObject): Json | undefined {
  if (!Array.isArray(items)) return items
  const edited = items.map((item) => (isObject(item) ? edit(item) : item))
  return edited.some((item, index) => item !== items[index]) ? edited : items
}

/** Where the settings of an answer stand, in protocols that keep them apart. */
export const settingsOf: Readonly<Partial<Record<ProtocolId, string>>> = {
  gemini: 'generationConfig',
  'bedrock-converse': 'inferenceConfig',
}

const limitFields: Readonly<Record<ProtocolId, readonly string[]>> = {
  gemini: ['maxOutputTokens'],
  'bedrock-converse': ['maxTokens'],
  'anthropic-messages': ['max_tokens'],
  'openai-chat': ['max_tokens', 'max_completion_tokens'],
  'openai-responses': ['max_output_tokens'],
}

function lowered(object: JsonObject, names: readonly string[], limit: number): JsonObject {
  const high = names.filter((name) => (asNumber(object[name]) ?? 0) > limit)
  return setFields(object, Object.fromEntries(high.map((name) => [name, limit])))
}

/** The body with a budget of thinking that fits its limit: Anthropic wants at least 1024 tokens, and less than `max_tokens`. */
export function fitThinking(body: JsonObject, limit: number): JsonObject {
  const { thinking } = body
  if (!isObject(thinking) || (asNumber(thinking['budget_tokens']) ?? 0) < limit) return body
  return { ...body, thinking: limit > 1024 ? { ...thinking, budget_tokens: limit - 1 } : { type: 'disabled' } }
}
