import { isObject, omit, type JsonObject } from '../../canonical/json.ts'
import type { Native, ProtocolId } from '../../canonical/native.ts'

/** What of a request's residue goes on, and what is lost. */
export interface Carried {
  readonly fields: JsonObject
  readonly left: Native | undefined
}

/** The options that OpenAI's two protocols share and no other has, from the residue of the one for a request in `to`. */
export function carriedTo(to: ProtocolId, native: Native | undefined): Carried {
  const from = OTHER[to]
  if (!native || native.protocol !== from) return { fields: {}, left: native }
  const fields: JsonObject = {}
  for (const name of SHARED) if (native.rest[name] !== undefined) fields[name] = native.rest[name]
  const rest = omit(native.rest, new Set(SHARED))
  const verbosity = to === 'openai-chat' ? verbosityIn(rest.text) : rest.verbosity
  if (verbosity !== undefined) {
    Reflect.deleteProperty(rest, to === 'openai-chat' ? 'text' : 'verbosity')
    Object.assign(fields, to === 'openai-chat' ? { verbosity } : { text: { verbosity } })
  }
  return { fields, left: { ...native, rest } }
}

const OTHER: Readonly<Partial<Record<ProtocolId, ProtocolId>>> = {
  'openai-chat': 'openai-responses',
  'openai-responses': 'openai-chat',
}

const SHARED = ['service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'metadata']

/** The verbosity where the options of the text say nothing else. */
function verbosityIn(text: JsonObject[string]): JsonObject[string] {
  return isObject(text) && Object.keys(text).length === 1 ? text.verbosity : undefined
}
