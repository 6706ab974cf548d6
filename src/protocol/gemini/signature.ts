import type { ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import { seal, unseal, type Sealed } from '../sealed.ts'
import { ID } from './residue.ts'

/** The `thoughtSignature` that a Gemini client is given; another provider's proof is sealed with its origin, to come back. */
export function signatureFor(part: ReasoningPart | ToolCallPart): string | undefined {
  const encrypted = part.type === 'reasoning' ? part.encrypted : undefined
  if (part.native?.protocol === ID) return part.signature
  const value = encrypted ?? part.signature
  if (value === undefined) return undefined
  const kind = part.type === 'tool-call' ? 'call' : encrypted === undefined ? 'signature' : 'encrypted'
  return toBase64(seal({ kind, origin: part.origin, value }))
}

/** What `signatureFor` sealed; `undefined` for a signature of Gemini's own. */
export function unsealSignature(signature: string): Sealed | undefined {
  // Only what begins like a seal is worth decoding.
  if (!signature.startsWith(SEAL_START)) return undefined
  const text = fromBase64(signature)
  return text === undefined ? undefined : unseal(text)
}

/** What Google accepts in place of a signature that is not known: for calls of other models and of lost histories. */
export const NO_SIGNATURE = 'skip_thought_signature_validator'

/** Whether a client wrote this for want of a signature, in either of the spellings that Google knows. */
export function isNoSignature(signature: string): boolean {
  return signature === NO_SIGNATURE || signature === 'context_engineering_is_the_way_to_go'
}

// The official clients decode the field as base64.
function toBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function fromBase64(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
  } catch {
    // Not base64, so not ours: an opaque signature like any other.
    return undefined
  }
}

// `ccr` in base64; the digit behind it differs by version.
const SEAL_START = 'Y2Ny'
