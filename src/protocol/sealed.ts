import type { Origin } from '../canonical/request.ts'

/** What of another protocol travels through a client inside what it takes for its own protocol's proof of reasoning. */
export interface Sealed {
  /** `signature` of a text, `encrypted` reasoning, or the signature of the tool `call` named in it. */
  readonly kind: 'signature' | 'encrypted' | 'call'
  readonly origin: Origin | undefined
  readonly value: string
  /** Id of the tool call. */
  readonly call?: string
}

const mark = 'ccr1:'

/** Wraps another protocol's proof with its origin, so that the client brings both back. */
export function seal(sealed: Sealed): string {
  const { kind, origin, call, value } = sealed
  return (
    mark +
    [kind, origin?.provider ?? '', origin?.model ?? '', call ?? '']
      .map((field) => encodeURIComponent(field.toWellFormed()))
      .join(':') +
    ':' +
    value
  )
}

/** What `seal` wrapped; `undefined` for a proof of Anthropic's own. */
export function unseal(text: string): Sealed | undefined {
  if (!text.startsWith(mark)) return undefined
  const fields = text.slice(mark.length).split(':', 4)
  if (fields.length < 4) return undefined
  const value = text.slice(mark.length + fields.join(':').length + 1)
  const [kind, provider, model, call] = fields.map(decoded)
  if (kind !== 'signature' && kind !== 'encrypted' && kind !== 'call') return undefined
  const origin = provider ? { provider, model: model ?? '' } : undefined
  return { kind, origin, value, ...(call ? { call } : {}) }
}

function decoded(field: string): string {
  try {
    return decodeURIComponent(field)
  } catch {
    // Not written by `seal`: read as it stands.
    return field
  }
}
