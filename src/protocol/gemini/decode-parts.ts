import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { MediaPart, Part, TextPart, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { argumentsText, callRest, otherPart } from './answer-parts.ts'
import { ID, residueOf } from './residue.ts'
import { contentOfResponse } from './response-content.ts'
import { isNoSignature, unsealSignature } from './signature.ts'

/** Reads the parts of a conversation, in order: calls and results without ids are paired by name. */
export interface HistoryParts {
  read(raw: JsonObject): Part
}

/** Begins a conversation. */
export function createHistoryParts(): HistoryParts {
  let count = 0
  const unanswered = createUnanswered()
  const freshId = (): string => `call_${++count}`
  const plainId = createPlainIds()

  const readCall = (call: JsonObject, raw: JsonObject): ToolCallPart => {
    const name = asString(call.name) ?? ''
    const given = asString(call.id)
    const id = given ? plainId(given, name) : freshId()
    unanswered.add(id, name)
    const shown = asString(raw.thoughtSignature)
    const isNone = shown !== undefined && isNoSignature(shown)
    const signature = isNone ? undefined : shown
    const sealed = signature === undefined ? undefined : unsealSignature(signature)
    const form = { ...idForm(given, id), ...(isNone && { noSignature: shown }) }
    const native = residueOf(callRest(raw, call), SIGNATURE, form)
    return {
      type: 'tool-call',
      id,
      name,
      input: argumentsText(call.args),
      ...(signature !== undefined && { signature: sealed?.value ?? signature }),
      ...(sealed?.origin && { origin: sealed.origin }),
      ...(!sealed && { native }),
    }
  }

  const answerTo = (name: string, given: string | undefined): string => {
    const id = given ? plainId(given, name) : (unanswered.nextOf(name) ?? freshId())
    unanswered.answer(id)
    return id
  }

  const readResult = (result: JsonObject, raw: JsonObject): ToolResultPart => {
    const name = asString(result.name) ?? ''
    const given = asString(result.id)
    const response = isObject(result.response) ? result.response : {}
    const { text, isError } = contentOfResponse(response)
    const media = Array.isArray(result.parts) ? result.parts.filter(isObject).map(otherPart) : []
    const content = [
      ...(text === '' ? [] : [{ type: 'text', text } as TextPart]),
      ...media.filter((part): part is MediaPart => part.type === 'media'),
    ]
    const inner = residueOf(result, RESULT).rest
    const rest = {
      ...residueOf(raw, FUNCTION_RESPONSE).rest,
      ...(Object.keys(inner).length > 0 && { functionResponse: inner }),
    }
    const id = answerTo(name, given)
    return {
      type: 'tool-result',
      id,
      content,
      ...(isError && { isError }),
      native: {
        protocol: ID,
        rest,
        form: { name, response, ...idForm(given, id), ...(media.length > 0 && { parts: true }) },
      },
    }
  }

  return {
    read(raw) {
      if (isObject(raw.functionCall)) return readCall(raw.functionCall, raw)
      if (isObject(raw.functionResponse)) return readResult(raw.functionResponse, raw)
      return typeof raw.text === 'string' ? readText(raw.text, raw) : otherPart(raw)
    },
  }
}

/** Gemini CLI puts the function's name before the ids that it was given; others know the call by its id alone. */
function createPlainIds(): (given: string, name: string) => string {
  const known = new Map<string, string>()
  const taken = new Set<string>()
  return (given, name) => {
    const plain = name !== '' && given.startsWith(`${name}__`) ? given.slice(name.length + 2) : given
    const id = known.get(given) ?? (plain === '' || taken.has(plain) ? given : plain)
    known.set(given, id)
    taken.add(id)
    return id
  }
}

function idForm(given: string | undefined, id: string): JsonObject {
  if (!given) return { id: 'absent' }
  return given === id ? {} : { givenId: given }
}

interface Unanswered {
  add(id: string, name: string): void
  /** The id of the first call of `name` that no result has answered. */
  nextOf(name: string): string | undefined
  answer(id: string): void
}

function createUnanswered(): Unanswered {
  const byName = new Map<string, Set<string>>()
  const nameOf = new Map<string, string>()
  return {
    add(id, name) {
      const ids = byName.get(name) ?? new Set()
      byName.set(name, ids.add(id))
      nameOf.set(id, name)
    },
    nextOf: (name) => byName.get(name)?.values().next().value,
    answer: (id) => void byName.get(nameOf.get(id) ?? '')?.delete(id),
  }
}

const SIGNATURE = new Set(['thoughtSignature'])
const FUNCTION_RESPONSE = new Set(['functionResponse'])
const RESULT = new Set(['id', 'name', 'response', 'parts'])
const TEXT = new Set(['text'])
const THOUGHT = new Set(['text', 'thought', 'thoughtSignature'])

function readText(text: string, raw: JsonObject): Part {
  if (raw.thought !== true) {
    const native = residueOf(raw, TEXT)
    return { type: 'text', text, ...(Object.keys(native.rest).length > 0 && { native }) }
  }
  const signature = asString(raw.thoughtSignature)
  const sealed = signature === undefined ? undefined : unsealSignature(signature)
  if (!sealed)
    return { type: 'reasoning', text, ...(signature !== undefined && { signature }), native: residueOf(raw, THOUGHT) }
  const proof = sealed.kind === 'encrypted' ? { encrypted: sealed.value } : { signature: sealed.value }
  return { type: 'reasoning', text, ...proof, ...(sealed.origin && { origin: sealed.origin }) }
}
