import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Protocol, WireRequest } from '../protocol.ts'
import { defined } from './residue.ts'

/** `POST /responses/input_tokens`, which takes what decides the input and refuses the rest. */
export const count: NonNullable<Protocol['count']> = {
  encodeRequest: (wire: WireRequest) => {
    const body = Object.fromEntries<Json | undefined>(FIELDS.map((field) => [field, wire.body[field]]))
    return { ...wire, path: '/responses/input_tokens', body: defined(body) }
  },
  decodeReply: (body: Json) => (isObject(body) ? asNumber(body.input_tokens) : undefined),
}

/** The count in the shape of that operation. */
export function encodeCount(inputTokens: number): JsonObject {
  return { object: 'response.input_tokens', input_tokens: inputTokens }
}

// https://platform.openai.com/docs/api-reference/responses/input-tokens
const FIELDS = [
  'model',
  'input',
  'instructions',
  'previous_response_id',
  'conversation',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
]
