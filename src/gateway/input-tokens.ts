import type { ModelRequest } from '../canonical/request.ts'
import { estimateInput } from '../router/estimate.ts'
import type { Call } from './call.ts'

/** Input tokens of `request`, an edition of the call's own: an estimate, corrected by what its conversation is known to have. */
export function inputTokensOf(call: Call, request: ModelRequest): number {
  return Math.ceil(call.inputTokens?.(request) ?? estimateInput(request))
}
