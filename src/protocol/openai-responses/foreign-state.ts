import { ModelError } from '../../canonical/error.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import { isCompaction } from './compaction.ts'
import { formOf, ID } from './residue.ts'

/** The error for a request that builds on what its provider keeps, which no other protocol can be told. */
export function untranslatable(request: ModelRequest): ModelError | undefined {
  const rest = restFor(request.native, ID)
  if (formOf(request).operation === 'compact')
    return refusal('input', 'only a provider that speaks the Responses API compacts a conversation by itself')
  const field = rest && STATE.find((name) => rest[name] !== undefined && rest[name] !== null)
  if (field) return refusal(field, `"${field}" names what only the provider that keeps it knows`)
  for (const { parts } of request.messages) {
    for (const { native, type } of parts) {
      const item = type === 'native' ? restFor(native, ID) : undefined
      if (item?.type === 'item_reference')
        return refusal('input', 'an "item_reference" names what another provider keeps')
      if (item && isCompaction(item))
        return refusal('input', 'a "compaction" item can be read by the provider that made it alone')
    }
  }
  return undefined
}

const STATE = ['previous_response_id', 'conversation', 'prompt']

function refusal(param: string, why: string): ModelError {
  const remedy = 'send the whole conversation as "input", or choose a provider that speaks the Responses API'
  return new ModelError(`The request cannot be translated: ${why}: ${remedy}.`, {
    kind: 'bad-request',
    shouldRetry: false,
    param,
  })
}
