import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import { namePattern, type Pattern } from '../../router/pattern.ts'
import { applies } from './condition.ts'
import { defaultsOf, listOf } from './manifest.ts'

/** What a preset asks for when it is installed. */
export interface Question {
  readonly id: string
  /** In words. */
  readonly label: string
  /** What is typed is not shown, nor told afterwards. */
  readonly isSecret: boolean
  readonly isRequired: boolean
  readonly defaultValue?: Json
  /** Absent: any. */
  readonly options?: readonly Option[]
  /** The value that a text means. Throws an `Error` that says what is wrong with it. */
  read(text: string): Json
}

interface Option {
  readonly label: string
  readonly value: Json
}

/** The questions of a manifest that apply with these answers, in order. */
export function questionsOf(manifest: JsonObject, answers: JsonObject): Question[] {
  const schema = listOf(manifest['schema'])
  const values = { ...defaultsOf(schema), ...answers }
  return schema.flatMap((entry) => (applies(entry['when'], values) ? (questionOf(entry) ?? []) : []))
}

/** The ids of all questions of a manifest, those that do not apply too. */
export function questionIds(manifest: JsonObject): string[] {
  return listOf(manifest['schema']).flatMap(({ id }) => asString(id) ?? [])
}

function questionOf(entry: JsonObject): Question | undefined {
  const id = asString(entry['id'])
  if (id === undefined || id === '') return undefined
  const type = asString(entry['type']) ?? 'password'
  const options = optionsOf(entry['options'])
  const defaultValue = entry['defaultValue']
  return {
    id,
    label: asString(entry['prompt']) ?? asString(entry['label']) ?? id,
    isSecret: type === 'password',
    isRequired: entry['required'] !== false,
    ...(defaultValue !== undefined && defaultValue !== null && { defaultValue }),
    ...(options && { options }),
    read: (text) => checked(READERS[type]?.(text, entry, options) ?? text, entry),
  }
}

type Reader = (text: string, entry: JsonObject, options: readonly Option[] | undefined) => Json

const READERS: Readonly<Record<string, Reader>> = {
  number(text, { min, max }) {
    const number = Number(text)
    if (text.trim() === '' || !Number.isFinite(number)) throw new Error('expected a number')
    if (typeof min === 'number' && number < min) throw new Error(`expected at least ${min}`)
    if (typeof max === 'number' && number > max) throw new Error(`expected at most ${max}`)
    return number
  },
  confirm(text) {
    if (/^(y|yes|true|1)$/i.test(text)) return true
    if (/^(n|no|false|0)$/i.test(text)) return false
    throw new Error('expected yes or no')
  },
  select: (text, _, options) => optionFor(text, options),
  multiselect: (text, _, options) => text.split(',').map((item) => optionFor(item.trim(), options)),
}

function optionFor(text: string, options: readonly Option[] | undefined): Json {
  if (!options) return text
  const found =
    options.find(({ value }) => String(value) === text) ??
    options.find(({ label }) => label.toLowerCase() === text.toLowerCase()) ??
    options[Number(text) - 1]
  if (found) return found.value
  throw new Error(`expected one of ${options.map(({ value }) => String(value)).join(', ')}`)
}

/** Those that stand in the manifest. What is to be looked up elsewhere (`providers`, `models`) is not limited here. */
function optionsOf(value: Json | undefined): Option[] | undefined {
  const listed = isObject(value) ? value['options'] : value
  const options = listOf(listed)
    .filter((option) => option['disabled'] !== true && option['value'] !== undefined)
    .map((option) => ({ label: asString(option['label']) ?? String(option['value']), value: option['value'] ?? null }))
  return options.length > 0 ? options : undefined
}

function checked(value: Json, { validator }: JsonObject): Json {
  if (typeof validator !== 'string' || typeof value !== 'string' || value.startsWith('$')) return value
  const pattern = patternOf(validator)
  if (pattern && !pattern.matches(value)) throw new Error(`expected what fits ${validator}`)
  return value
}

/** Somebody else has written it: it runs where no expression takes for ever. One that does not is not asked for. */
function patternOf(validator: string): Pattern | undefined {
  try {
    return namePattern(`/${validator.replace(/^\/|\/$/g, '')}/c`)
  } catch {
    // It is the author's, and nothing that the user could put right.
    return undefined
  }
}
