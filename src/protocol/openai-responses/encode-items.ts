import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { MediaPart, Part, ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import { encodeMedia, encodeOwnText } from './blocks.ts'
import { unwrapInput } from '../openai/custom-tool.ts'
import { reasoningText } from './items.ts'
import { defined, formOf, ID, withRest } from './residue.ts'

/** Where a tool stands for a Responses client: in a namespace, free-form, or neither. */
export interface ToolPlace {
  readonly name: string
  readonly namespace?: string
  readonly custom?: boolean
  /** It is the client's search for tools. */
  readonly search?: boolean
}

/** Parts of an assistant that came in this protocol, gathered by the items that they came in. */
export function groupItems(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = []
  for (const part of parts) {
    const last = groups.at(-1)
    if (last && formOf(part).continued === true && formOf(last[0] as Part).item) last.push(part)
    else groups.push([part])
  }
  return groups
}

/** A message in the spelling it came in. */
export function encodeOwnMessage(parts: readonly Part[], type: string): JsonObject {
  const [first] = parts
  const form = first ? formOf(first) : {}
  const keys = isObject(form.item) ? form.item : {}
  if (form.spelling === 'string' && first?.type === 'text') return { ...keys, content: first.text }
  return { ...keys, content: parts.flatMap((part) => ownBlock(part, type)) }
}

/** A call as its item: of a function, or of a free-form tool. */
export function encodeCall(part: ToolCallPart, id: string, place: ToolPlace): JsonObject {
  const { item, namespace } = formOf(part)
  const keys = isObject(item) ? item : {}
  const head = { ...keys, call_id: id, name: place.name, namespace: place.namespace ?? asString(namespace) }
  return place.custom
    ? withRest({ type: 'custom_tool_call', ...head, input: unwrapInput(part.input) }, part)
    : withRest({ type: 'function_call', ...head, arguments: part.input }, part)
}

/** Where a call says itself that it stands; `name` is that on the wire for a tool without a namespace. */
export function ownPlace(part: ToolCallPart, name: string): ToolPlace {
  const form = formOf(part)
  const namespace = asString(form.namespace)
  return {
    name: namespace === undefined ? name : (asString(form.name) ?? name),
    ...(namespace !== undefined && { namespace }),
    ...(form.custom === true && { custom: true }),
  }
}

/** Reasoning as its item; `proof` is what its origin can verify. */
export function encodeReasoning(part: ReasoningPart, proof: string | undefined): JsonObject {
  const { item } = formOf(part)
  const told = isObject(item) ? item : {}
  const own = isObject(item) && reasoningText(item) === part.text
  const summary = own ? (told.summary ?? []) : part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
  const { id, status } = told
  return withRest(
    { type: 'reasoning', id, status, summary, content: own ? told.content : undefined, encrypted_content: proof },
    part,
  )
}

/** An image that a model made, as its item; nothing for what cannot be told so. */
export function encodeImage(part: MediaPart, id: string): JsonObject | undefined {
  const { image } = formOf(part)
  if (part.kind !== 'image' || part.source.type !== 'base64') return undefined
  const { data: result } = part.source
  if (isObject(image)) return { ...image, result }
  const output_format = part.mediaType?.replace(/^image\//, '')
  return defined({ type: 'image_generation_call', id, status: 'completed', output_format, result })
}

function ownBlock(part: Part, type: string): JsonObject[] {
  if (part.type === 'text') return [encodeOwnText(part, type)]
  if (part.type === 'native') {
    const block = restFor(part.native, ID)
    return block ? [block] : []
  }
  const block = part.type === 'media' ? encodeMedia(part) : undefined
  return isObject(block) ? [block] : []
}
