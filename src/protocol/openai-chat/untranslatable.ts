import { ModelError } from '../../canonical/error.ts'
import { asNumber } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'

/** The error for a request that wants several answers at once: no other protocol has them, and one would not do. */
export function untranslatable(request: ModelRequest): ModelError | undefined {
  const wanted = asNumber(restFor(request.native, 'openai-chat')?.n)
  if (wanted === undefined || wanted <= 1) return undefined
  const remedy = 'ask for one, or choose a provider that speaks OpenAI Chat'
  return new ModelError(`The request cannot be translated: "n" asks for ${wanted} answers at once: ${remedy}.`, {
    kind: 'bad-request',
    shouldRetry: false,
    param: 'n',
  })
}
