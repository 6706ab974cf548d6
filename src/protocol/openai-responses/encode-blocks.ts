import { asString, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { MediaPart, NativePart, TextPart } from '../../canonical/request.ts'
import { nativeText } from '../openai/native-text.ts'
import { encodeMedia } from './blocks.ts'
import type { Encoding } from './encoding.ts'
import { ID } from './residue.ts'

/** Media as a block; what cannot be sent becomes a text that says so. */
export function mediaOrText(part: MediaPart, path: string, { target, losses }: Encoding): JsonObject {
  losses.residue(part.native, path)
  if (part.cache) losses.drop(`${path}.cache_control`, CACHES_ITSELF)
  const refused = part.kind === 'image' && target.traits.images === false
  const block = refused ? 'the model cannot see images' : encodeMedia(part)
  if (typeof block !== 'string') return block
  losses.drop(path, block)
  const place = part.source.type === 'url' && !part.source.url.startsWith('data:') ? ` ${part.source.url}` : ''
  return inputText(`[${part.kind}${part.title ? ` "${part.title}"` : ''}${place} left out: ${block}]`)
}

/** What a block of another protocol says in words, if it says any. */
export function nativeBlocks(part: NativePart, path: string, { losses }: Encoding): JsonObject[] {
  const own = restFor(part.native, ID)
  if (own) return [own]
  const text = nativeText(part)
  if (text !== undefined) return [inputText(text)]
  losses.drop(
    path,
    `a block of type ${asString(part.native.rest.type) ?? 'unknown'} has no equivalent in the Responses API`,
  )
  return []
}

/** Lists what a text carries that cannot be said. */
export function noteText(part: TextPart, path: string, { losses }: Encoding): void {
  losses.residue(part.native, path)
  if (part.cache) losses.drop(`${path}.cache_control`, CACHES_ITSELF)
}

/** Text as a block of a message that is not the model's. */
export function inputText(text: string): JsonObject {
  return { type: 'input_text', text }
}

/** Why a cache mark is not sent. */
export const CACHES_ITSELF = 'the Responses API caches prompts by itself'
