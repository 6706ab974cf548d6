import type { JsonObject } from '../canonical/json.ts'
import type { ProtocolId } from '../canonical/native.ts'
import type { Dropped } from '../protocol/protocol.ts'
import { capOutput } from '../provider/dialects/body.ts'

/** The most output tokens that a request may ask for, and the reason. */
export interface OutputLimit {
  readonly most: number
  readonly why: string
}

/** A request whose body may still be edited. */
interface Editable {
  readonly body: JsonObject
  readonly text: () => string
  readonly dropped: readonly Dropped[]
}

/** The request with its output limit lowered as far as all `limits` want it; the very same one if they want nothing. */
export function limitOutput<R extends Editable>(request: R, protocol: ProtocolId, limits: readonly OutputLimit[]): R {
  return limits.reduce((current, limit) => lower(current, protocol, limit), request)
}

function lower<R extends Editable>(request: R, protocol: ProtocolId, { most, why }: OutputLimit): R {
  const body = capOutput(request.body, protocol, most)
  if (body === request.body) return request
  const thinks = body['thinking'] !== request.body['thinking']
  const dropped = [
    ...request.dropped,
    { path: 'max_tokens', why },
    ...(thinks ? [{ path: 'thinking.budget_tokens', why: 'lowered to fit max_tokens' }] : []),
  ]
  return { ...request, body, text: () => JSON.stringify(body), dropped }
}
