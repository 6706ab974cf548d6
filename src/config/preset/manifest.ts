import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import { applies } from './condition.ts'
import { setAt } from './set-at.ts'

/**
 * The config that a preset's manifest means. It is written flat beside what describes the preset; what the user was asked
 * for when it was installed (`userValues`, else each question's `defaultValue`) is put in where `#{id}` stands, where
 * `configMappings` says, and where a value's own name is a path.
 */
export function configOfManifest(manifest: JsonObject): JsonObject {
  const questions = listOf(manifest['schema'])
  const values = { ...defaultsOf(questions), ...(isObject(manifest['userValues']) && manifest['userValues']) }
  const ids = new Set(questions.flatMap((question) => asString(question['id']) ?? []))
  const written = isObject(manifest['template']) ? manifest['template'] : ownKeys(manifest, ids)
  let config = filled(written, values) as JsonObject
  for (const mapping of listOf(manifest['configMappings'])) {
    const target = asString(mapping['target'])
    if (target === undefined || !applies(mapping['when'], values)) continue
    config = setAt(config, target, filled(mapping['value'] ?? null, values))
  }
  for (const [name, value] of Object.entries(values))
    if (/[.[]/.test(name) && value !== undefined) config = setAt(config, name, value)
  return config
}

/** What describes a preset, and how it asks; the rest is config. */
const DESCRIPTION: ReadonlySet<string> = new Set([
  'name',
  'version',
  'description',
  'author',
  'homepage',
  'repository',
  'license',
  'keywords',
  'ccrVersion',
  'source',
  'sourceType',
  'checksum',
  'schema',
  'template',
  'configMappings',
  'userValues',
])

function ownKeys(manifest: JsonObject, ids: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(manifest).filter(([key]) => !DESCRIPTION.has(key) && !ids.has(key)))
}

function defaultsOf(questions: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    questions.flatMap(({ id, defaultValue }) =>
      typeof id === 'string' && defaultValue !== undefined ? [[id, defaultValue]] : [],
    ),
  )
}

/** `value` with what `#{id}` stands for. A text that is nothing else becomes the value itself, a number say. */
function filled(value: Json, values: JsonObject): Json {
  if (typeof value === 'string') return filledText(value, values)
  if (Array.isArray(value)) return value.map((item) => filled(item, values))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item ?? null, values)]))
}

function filledText(text: string, values: JsonObject): Json {
  const whole = /^#\{([^}]+)\}$/.exec(text)?.[1]
  if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole] ?? text
  return text.replace(/#\{([^}]+)\}/g, (written: string, id: string) => {
    const value = Object.hasOwn(values, id) ? values[id] : undefined
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : written
  })
}

function listOf(value: Json | undefined): JsonObject[] {
  return (Array.isArray(value) ? value : []).filter(isObject)
}
