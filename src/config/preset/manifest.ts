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
  const ids = new Set(questions.flatMap((question) => asString(question['id']) ?? []))
  const open = Object.fromEntries([...ids].map((id) => [id, undefined]))
  const values = { ...open, ...defaultsOf(questions), ...(isObject(manifest['userValues']) && manifest['userValues']) }
  const written = isObject(manifest['template']) ? manifest['template'] : ownKeys(manifest, ids)
  let config = filled(written, values) as JsonObject
  for (const mapping of listOf(manifest['configMappings'])) {
    const target = asString(mapping['target'])
    if (target === undefined || !applies(mapping['when'], values)) continue
    const [value] = filled([mapping['value'] ?? null], values) as Json[]
    if (value !== undefined) config = setAt(config, target, value)
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

/** What counts where a question is not answered. */
export function defaultsOf(questions: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    questions.flatMap(({ id, defaultValue }) =>
      typeof id === 'string' && defaultValue !== undefined ? [[id, defaultValue]] : [],
    ),
  )
}

/**
 * `value` with what `#{id}` stands for. A text that is nothing else becomes the value itself, a number say; where the
 * question was left open, it is as if nothing were written there.
 */
function filled(value: Json, values: JsonObject): Json {
  if (typeof value === 'string') return filledText(value, values)
  const isOpen = (item: Json | undefined): boolean => {
    const id = typeof item === 'string' ? wholly(item) : undefined
    return id !== undefined && values[id] === undefined && Object.hasOwn(values, id)
  }
  if (Array.isArray(value)) return value.flatMap((item) => (isOpen(item) ? [] : [filled(item, values)]))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (isOpen(item) ? [] : [[key, filled(item ?? null, values)]])),
  )
}

function wholly(text: string): string | undefined {
  return /^#\{([^}]+)\}$/.exec(text)?.[1]
}

function filledText(text: string, values: JsonObject): Json {
  const whole = wholly(text)
  if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole] ?? text
  return text.replace(/#\{([^}]+)\}/g, (written: string, id: string) => {
    const value = Object.hasOwn(values, id) ? values[id] : undefined
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : written
  })
}

/** The objects of a list. */
export function listOf(value: Json | undefined): JsonObject[] {
  return (Array.isArray(value) ? value : []).filter(isObject)
}
