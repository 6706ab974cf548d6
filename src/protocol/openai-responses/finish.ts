import type { FinishKind, FinishReason } from '../../canonical/event.ts'
import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { Part } from '../../canonical/request.ts'
import { formOf } from './residue.ts'

/** What an answer held, as far as it decides how it finished. */
export interface Sent {
  calls: boolean
  refusal: boolean
}

/** Notes in `sent` what `part` decides. */
export function noteSent(sent: Sent, part: Part): void {
  if (part.type === 'tool-call') sent.calls = true
  else if (isRefusal(part)) sent.refusal = true
}

/** Whether a text is the model's refusal, in this protocol or in OpenAI Chat, whose spelling is known. */
export function isRefusal(part: Part): boolean {
  if (part.type !== 'text') return false
  const form = part.native?.protocol === 'openai-chat' ? part.native.form : undefined
  return form === 'refusal' || form === 'refusal-field' || formOf(part).block === 'refusal'
}

/** How a response ended; `status` stands in where it does not say. */
export function decodeFinish(response: JsonObject, status: string, sent: Sent): FinishReason {
  const said = asString(response.status) ?? status
  if (said === 'incomplete') {
    const details = response.incomplete_details
    const reason = isObject(details) ? asString(details.reason) : undefined
    return { kind: REASONS.get(reason ?? '') ?? 'other', raw: reason ?? said }
  }
  if (said !== 'completed') return { kind: 'other', raw: said }
  return { kind: sent.calls ? 'tool-calls' : sent.refusal ? 'refusal' : 'stop', raw: said }
}

/** The status of a response, and why it is not whole if it is not. */
export function encodeFinish(
  { kind }: FinishReason,
  sent: Sent,
): { status: string; incomplete_details: JsonObject | null } {
  const reason = kind === 'refusal' && sent.refusal ? undefined : INCOMPLETE[kind]
  return reason === undefined
    ? { status: 'completed', incomplete_details: null }
    : { status: 'incomplete', incomplete_details: { reason } }
}

const REASONS: ReadonlyMap<string, FinishKind> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
])

// There is no word for a refusal that was not said: the nearest is that of the filter.
const INCOMPLETE: Readonly<Partial<Record<FinishKind, string>>> = {
  length: 'max_output_tokens',
  'context-window': 'max_output_tokens',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
}
