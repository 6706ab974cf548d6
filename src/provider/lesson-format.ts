import type { ModelError } from '../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { Traits } from '../protocol/protocol.ts'

/** What the refusal of an answer's format taught: it is asked for in another way from then on. */
export interface FormatLesson {
  readonly traits: Traits
  readonly what: string
}

/** What a provider's words say of the format that `body` asks for, if it refuses such a format altogether. */
export function formatLesson({ message, details }: ModelError, body: JsonObject): FormatLesson | undefined {
  const asked = askedFormat(body)
  const isNamed = NAMES.test(message) || (details.param !== undefined && NAMES.test(details.param))
  if (!asked || !isNamed || !REFUSAL.test(message) || FAULT.test(message)) return undefined
  // Many know JSON, but no schema of it.
  const known = asked === 'schema' && /json_object/.test(message) ? 'json' : 'none'
  return { traits: { outputFormats: known }, what: 'the format of answers is asked for in another way from now on' }
}

const NAMES =
  /response[_ ]?format|json[_ ]?schema|json_object|json mode|structured[_ ]outputs?|output_config(?!\.effort)|output_format|\btext\.format|^text$|['"`]text['"`]|textFormat|outputConfig(?!\.effort)|response_?json_?schema|response_?schema|response_?mime_?type/i
const REFUSAL =
  /unknown|unrecogni[sz]ed|unsupported|support|unavailable|not available|extra|not permitted|not allowed|unexpected|cannot find field|no such field|must be|should be|one of/i
/** A schema that is not as it must be is no refusal of schemas. */
const FAULT = /invalid schema|schema (?:is )?invalid/i

function askedFormat(body: JsonObject): 'schema' | 'json' | undefined {
  const config = at(body, 'generationConfig')
  if (at(config, 'responseSchema') ?? at(config, 'responseJsonSchema')) return 'schema'
  if (at(config, 'responseMimeType') === 'application/json') return 'json'
  for (const path of PLACES) {
    const type = at(path.reduce<Json | undefined>(at, body), 'type')
    if (type === 'json_schema') return 'schema'
    if (type === 'json_object') return 'json'
  }
  return undefined
}

const PLACES = [
  ['response_format'],
  ['text', 'format'],
  ['output_config', 'format'],
  ['output_format'],
  ['outputConfig', 'textFormat'],
] as const

function at(node: Json | undefined, key: string): Json | undefined {
  return isObject(node) ? node[key] : undefined
}
