import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import { redactKeys } from '../../gateway/redact.ts'

/** A config as others may have it: what it asks for stands in place of everything that is secret. */
export interface Shared {
  readonly config: JsonObject
  /** A question for each secret, in the form of a manifest's `schema`. */
  readonly schema: readonly JsonObject[]
}

/**
 * The part of a config that is worth giving to others, as it is written in the file. Keys, tokens and passwords become
 * questions; what names a variable of the environment stays. Throws an `Error` if a secret would be left.
 */
export function shareable(written: JsonObject): Shared {
  const secrets = createSecrets()
  const kept = Object.fromEntries(SHARED.flatMap((key) => (written[key] === undefined ? [] : [[key, written[key]]])))
  const config = secrets.without(kept, []) as JsonObject
  const text = JSON.stringify(config)
  // A model or a rule may be named like a key: better nothing than that.
  if (secrets.found().some((secret) => text.includes(secret)))
    throw new Error('a key of the config stands in another place of it, too: nothing was written')
  return { config, schema: secrets.questions() }
}

/** What says whom to call and where calls go. The rest is about this machine and its user. */
const SHARED = [
  'Providers',
  'providers',
  'endpoints',
  'defaultEndpoint',
  'Router',
  'fallback',
  'rules',
  'groups',
  'profiles',
  'prices',
  'retry',
  'breaker',
  'forceUseImageAgent',
  'ANTHROPIC_SMALL_FAST_MODEL',
  'API_TIMEOUT_MS',
  'NON_INTERACTIVE_MODE',
  'StatusLine',
] as const

/** Names of fields that hold secrets; those of counts (`maxTokens`, `tokenizer`) do not. */
const SECRET_FIELD =
  /(?:api_?-?keys?|secret|passw|passphrase|private_?key|access_?key|auth_?token|authorization|bearer|cookie|credential|signature|session_?token|[-_]key|[-_]token)|^(?:key|pass|token|auth)$/i
/** What may stand there all the same. */
const NO_SECRET: ReadonlySet<string> = new Set(['passthrough'])
const SHORTEST_SECRET = 8

function createSecrets() {
  const questions = new Map<string, JsonObject>()
  const found: string[] = []

  const ask = (secret: string, path: readonly string[]): string => {
    if (secret.length >= SHORTEST_SECRET) found.push(secret)
    const base = idOf(path)
    let id = base
    for (let count = 2; questions.has(id); count++) id = `${base}_${count}`
    const variable = id.toUpperCase().replace(/^(?=\d)/, '_')
    questions.set(id, { id, type: 'password', label: path.join(' '), defaultValue: `$${variable}` })
    return `#{${id}}`
  }
  const withoutIn = (text: string, path: readonly string[]): string => {
    const name = path.at(-1) ?? ''
    const isHeader = path.at(-2) === 'headers' && HEADER.test(name)
    if (SECRET_FIELD.test(name) || isHeader) return isOpen(text) ? text : ask(text, path)
    const url = withoutInUrl(text, path)
    return redactKeys(url) === url ? url : ask(text, path)
  }
  /** The password and the keys of a URL. */
  const withoutInUrl = (text: string, path: readonly string[]): string => {
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? URL.parse(text) : null
    if (!url) return text
    const login = /^([^/?#]*\/\/)([^/?#@]*:[^/?#@]*)@/.exec(text)?.[2]
    const named = login === undefined || isOpen(login) ? text : text.replace(login, ask(login, [...path, 'login']))
    return named.replace(/([?&])([^=&#]+)=([^&#]+)/g, (pair: string, start: string, name: string, value: string) =>
      (SECRET_FIELD.test(name) || /^sig/i.test(name)) && !isOpen(value)
        ? `${start}${name}=${ask(value, [...path, name])}`
        : pair,
    )
  }
  const without = (value: Json, path: readonly string[]): Json => {
    if (typeof value === 'string') return withoutIn(value, path)
    // Members of a list are called by their name, and otherwise as the list.
    if (Array.isArray(value))
      return value.map((item) => without(item, isObject(item) ? [...path, asString(item['name']) ?? ''] : path))
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item ?? null, [...path, key])]))
  }
  return { without, questions: () => [...questions.values()], found: () => found }
}

const HEADER = /key|token|secret|auth|pass|cookie|credential|sig|code|session/i

/** Whether a text holds no secret: nothing but variables of the environment, and the scheme of a header. */
function isOpen(text: string): boolean {
  if (NO_SECRET.has(text)) return true
  const rest = text.replace(/\$(?:\{[^}]+\}|[A-Z_][A-Z0-9_]*)/g, '').replace(/^(?:bearer|basic|token)\b/i, '')
  return rest.replaceAll(/[\s:]/g, '') === ''
}

/** `Providers deepseek api_key` is `deepseek_api_key`. */
function idOf(path: readonly string[]): string {
  const own = /^providers$/i.test(path[0] ?? '') ? path.slice(1) : path
  return (
    own
      .filter((step) => step !== '')
      .join('_')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_|_$/g, '') || 'secret'
  )
}
