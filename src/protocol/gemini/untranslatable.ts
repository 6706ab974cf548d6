import { ModelError } from '../../canonical/error.ts'
import { asNumber } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import { ID } from './residue.ts'

/** The error for a request that builds on what Google keeps, or asks for what no other protocol has. */
export function untranslatable(request: ModelRequest): ModelError | undefined {
  const rest = restFor(request.native, ID) ?? {}
  if (rest.cachedContent) {
    return refusal('cachedContent', 'it names content that Google keeps: send the whole content')
  }
  if (wantsSeveral(request)) return refusal(CANDIDATES, 'no other protocol has several answers: ask once for each')
  for (const [index, { parts }] of request.messages.entries()) {
    for (const part of parts) {
      const url = part.type === 'media' && part.source.type === 'url' ? part.source.url : ''
      if (GOOGLES.test(url))
        return refusal(`contents[${index}].parts.fileData`, 'the file lies at Google: send it as inlineData')
    }
  }
  return undefined
}

/** Whether a client wants more than one answer, of which only a relay could bring all. */
export function wantsSeveral(request: ModelRequest): boolean {
  return (asNumber(restFor(request.native, ID)?.[CANDIDATES]) ?? 1) > 1
}

const CANDIDATES = 'generationConfig.candidateCount'
const GOOGLES = /^(?:gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/)/i

function refusal(param: string, why: string): ModelError {
  return new ModelError(`${param}: ${why}, or choose a provider that speaks Gemini`, {
    kind: 'bad-request',
    type: 'INVALID_ARGUMENT',
    shouldRetry: false,
    param,
  })
}
