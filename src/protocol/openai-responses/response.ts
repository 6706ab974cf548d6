import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { EncodeContext } from '../protocol.ts'
import { ID } from './residue.ts'

/** The fields that every response has, as far as they do not depend on the answer. */
export function baseResponse({ created, requestNative }: EncodeContext): JsonObject {
  const asked = requestNative?.protocol === ID ? requestNative.rest : {}
  return {
    object: 'response',
    created_at: created,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: isObject(asked.metadata) ? asked.metadata : {},
    parallel_tool_calls: true,
    previous_response_id: null,
    // Nothing is kept here, whatever was asked for.
    store: false,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: asked.truncation ?? 'disabled',
  }
}
