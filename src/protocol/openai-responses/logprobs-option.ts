import { asNumber, type JsonObject } from '../../canonical/json.ts'
import type { LogprobsOption } from '../../canonical/logprobs.ts'

/** What a client asks to have included of which nothing is lost elsewhere: whatever the provider, its reasoning comes sealed. */
export const INCLUDED: ReadonlySet<string> = new Set(['reasoning.encrypted_content', 'message.output_text.logprobs'])

/** What a request includes where the probabilities of the tokens are wished for. */
export const LOGPROBS = 'message.output_text.logprobs'

/** The wish for probabilities; one for the likeliest tokens is one for them all. */
export function decodeLogprobsOption({ include, top_logprobs }: JsonObject): LogprobsOption | undefined {
  const top = asNumber(top_logprobs)
  if (top !== undefined && top > 0) return { top }
  if (!Array.isArray(include) || !include.includes(LOGPROBS)) return undefined
  return top === undefined ? {} : { top }
}
