import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part, ReasoningPart, TextPart, ToolCallPart } from '../../canonical/request.ts'
import { encodeLogprobs } from '../openai/logprobs.ts'
import { seal } from '../sealed.ts'
import type { EncodeContext } from '../protocol.ts'
import { encodeOwnText } from './blocks.ts'
import { encodeCall, encodeImage, encodeReasoning, ownPlace, type ToolPlace } from './encode-items.ts'
import { isRefusal } from './finish.ts'
import { formOf, ID, isOurs } from './residue.ts'
import { encodeSearchCall } from './tool-search.ts'

/** Makes output items of parts, whoever answered. */
export interface ItemWriter {
  /** The items that tell a finished part; none for what a response cannot tell. */
  items(part: Part): JsonObject[]
  /** A content block of a message. */
  block(part: TextPart): JsonObject
  /** An item id of its own, or the one that `part` came with. */
  idOf(part: Part, prefix: string): string
  /** Whether the client knows the tool as a free-form one. */
  isCustom(part: ToolCallPart): boolean
  /** Whether it is the client's own search for tools. */
  isSearch(part: ToolCallPart): boolean
  /** The call as its item; without input for its announcement. */
  call(part: ToolCallPart, id: string): JsonObject
  reasoning(part: ReasoningPart, id: string): JsonObject
  /** Another provider's signature of a call, as reasoning that the client brings back with it. */
  carrier(part: ToolCallPart): JsonObject | undefined
}

/** A writer for the client whose request left `context`. */
export function createItemWriter(context: EncodeContext): ItemWriter {
  const { requestNative } = context
  const places = requestNative ? formOf({ native: requestNative }).places : undefined

  const placeOf = (part: ToolCallPart): ToolPlace => {
    const told = isObject(places) && Object.hasOwn(places, part.name) ? places[part.name] : undefined
    if (!isObject(told)) return ownPlace(part, part.name)
    const namespace = asString(told.namespace)
    return {
      name: asString(told.name) ?? part.name,
      ...(namespace !== undefined && { namespace }),
      custom: told.custom === true,
      search: told.search === true,
    }
  }
  const idOf = (part: Part, prefix: string): string => {
    const { item } = formOf(part)
    return (isObject(item) ? asString(item.id) : undefined) ?? context.id(prefix)
  }
  const block = (part: TextPart): JsonObject => {
    if (isRefusal(part)) return { type: 'refusal', refusal: part.text }
    if (isOurs(part)) return { annotations: [], ...encodeOwnText(part, 'output_text') }
    return { type: 'output_text', text: part.text, annotations: [], logprobs: encodeLogprobs(part.logprobs ?? []) }
  }
  const call = (part: ToolCallPart, id: string): JsonObject => {
    const callId = part.id || context.id('call_')
    if (placeOf(part).search) return encodeSearchCall(part, id, callId)
    return { id, status: 'completed', ...encodeCall(part, callId, placeOf(part)) }
  }
  const reasoning = (part: ReasoningPart, id: string): JsonObject => {
    const item = encodeReasoning(part, proofOf(part))
    return { ...item, id: item.id ?? id, summary: item.summary ?? [] }
  }
  const carrier = (part: ToolCallPart): JsonObject | undefined => {
    if (part.signature === undefined) return undefined
    const encrypted_content = seal({ kind: 'call', origin: part.origin, call: part.id, value: part.signature })
    return { type: 'reasoning', id: context.id('rs_'), summary: [], encrypted_content }
  }

  return {
    idOf,
    block,
    call,
    reasoning,
    carrier,
    isCustom: (part) => placeOf(part).custom === true,
    isSearch: (part) => placeOf(part).search === true,
    items(part) {
      switch (part.type) {
        case 'text': {
          const head = { type: 'message', id: idOf(part, 'msg_'), status: 'completed', role: 'assistant' }
          return [{ ...head, content: [block(part)] }]
        }
        case 'reasoning':
          return isOurs(part) || part.text !== '' || proofOf(part) ? [reasoning(part, idOf(part, 'rs_'))] : []
        case 'tool-call': {
          const item = call(part, idOf(part, part.native && placeOf(part).custom ? 'ctc_' : 'fc_'))
          const carried = carrier(part)
          return carried ? [carried, item] : [item]
        }
        case 'media': {
          const image = encodeImage(part, context.id('ig_'))
          return image ? [image] : []
        }
        case 'native': {
          const item = formOf(part).block === true ? undefined : restFor(part.native, ID)
          return item ? [item] : []
        }
        case 'tool-result':
          return []
      }
    },
  }
}

/** What the client brings back: the provider's own proof, or another protocol's sealed with its origin. */
export function proofOf(part: ReasoningPart): string | undefined {
  const proof = part.encrypted ?? part.signature
  if (!proof || isOurs(part)) return proof || undefined
  const kind = part.encrypted === undefined ? 'signature' : 'encrypted'
  return seal({ kind, origin: part.origin, value: proof })
}
