import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Part, ToolCallPart } from '../../canonical/request.ts'
import type { DecodeContext } from '../protocol.ts'
import { mediaOf } from './media.ts'
import { residueOf } from './residue.ts'

/** Reads the parts of one answer: its calls need ids that are unique within it. */
export interface AnswerParts {
  /** A whole part; `undefined` for an empty one. */
  read(raw: JsonObject): Part | undefined
  /** A call whose arguments are `input`. */
  call(call: JsonObject, raw: JsonObject, input: string): ToolCallPart
}

/** Begins the parts of one answer. */
export function createAnswerParts(context: DecodeContext): AnswerParts {
  const usedIds = new Set<string>()
  const origin = { provider: context.provider, model: context.model }

  const idOf = (given: string | undefined): string => {
    let id = given
    while (!id || usedIds.has(id)) id = context.id('call_')
    usedIds.add(id)
    return id
  }

  const readCall = (call: JsonObject, raw: JsonObject, input: string): ToolCallPart => {
    const name = asString(call.name) ?? ''
    const given = asString(call.id)
    const signature = asString(raw.thoughtSignature)
    const form = { ...(!given && { id: 'absent' }), ...(input === '' && { args: 'absent' }) }
    return {
      type: 'tool-call',
      id: idOf(given),
      name: context.toolNames?.get(name) ?? name,
      // Nothing and `{}` mean the same in an answer: one spelling for both.
      input: input === '' ? '{}' : input,
      ...(signature !== undefined && { signature }),
      origin,
      native: residueOf(callRest(raw, call), CLAIMED_OF_CALL, form),
    }
  }

  return {
    call: readCall,
    read(raw) {
      if (isObject(raw.functionCall)) return readCall(raw.functionCall, raw, argumentsText(raw.functionCall.args))
      const text = asString(raw.text)
      if (text === undefined) return otherPart(raw)
      const signature = asString(raw.thoughtSignature)
      if (raw.thought === true) {
        if (text === '' && signature === undefined) return undefined
        return {
          type: 'reasoning',
          text,
          ...(signature !== undefined && { signature }),
          origin,
          native: residueOf(raw, CLAIMED_OF_THOUGHT),
        }
      }
      const native = residueOf(raw, CLAIMED_OF_TEXT)
      const hasRest = Object.keys(native.rest).length > 0
      if (text === '') return hasRest ? { type: 'native', native: residueOf(raw, NONE) } : undefined
      return { type: 'text', text, ...(hasRest && { native }) }
    },
  }
}

/** Arguments as JSON text; `''` where there are none. */
export function argumentsText(args: Json | undefined): string {
  return args === undefined || args === null ? '' : JSON.stringify(args)
}

/** What a part that is neither text nor a call is: media, or a block of Gemini's own. */
export function otherPart(raw: JsonObject): Part {
  const data = isObject(raw.inlineData) ? raw.inlineData : isObject(raw.fileData) ? raw.fileData : undefined
  const held =
    data &&
    Object.fromEntries(
      ['mimeType', 'data', 'fileUri'].flatMap((key) => (typeof data[key] === 'string' ? [[key, data[key]]] : [])),
    )
  const media = held && raw.thought !== true ? mediaOf(held) : undefined
  if (!media || !data) return { type: 'native', native: residueOf(raw, NONE) }
  const key = data === raw.inlineData ? 'inlineData' : 'fileData'
  const inner = residueOf(data, CLAIMED_OF_DATA).rest
  const rest = { ...raw, [key]: Object.keys(inner).length > 0 ? inner : undefined }
  return { ...media, native: residueOf(definedOnly(rest), NONE) }
}

/** What of a part and its `functionCall` is not claimed, in its own shape. */
export function callRest(raw: JsonObject, call: JsonObject): JsonObject {
  const inner = residueOf(call, CLAIMED_OF_FUNCTION).rest
  return definedOnly({ ...raw, functionCall: Object.keys(inner).length > 0 ? inner : undefined })
}

const NONE: ReadonlySet<string> = new Set()
const CLAIMED_OF_TEXT = new Set(['text', 'thought'])
const CLAIMED_OF_THOUGHT = new Set(['text', 'thought', 'thoughtSignature'])
const CLAIMED_OF_CALL = new Set(['thoughtSignature'])
const CLAIMED_OF_FUNCTION = new Set(['id', 'name', 'args', 'partialArgs', 'willContinue'])
const CLAIMED_OF_DATA = new Set(['mimeType', 'data', 'fileUri'])

function definedOnly(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
