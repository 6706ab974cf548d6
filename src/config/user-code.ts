import type { Json, JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import type { PathStep } from './place.ts'

/** A module of the user that the config names. */
export interface UserModule {
  /** Its full path. */
  readonly file: string
  readonly options: JsonObject
  /** Where the config names it. */
  readonly path: readonly PathStep[]
}

/** Everything of a config that runs code of the user. */
export interface UserCode {
  readonly transformers: readonly UserModule[]
}

/** The code of the user that a config names; nothing if it names none. `pathOf` gives the full path of what is written. */
export function readUserCode(top: JsonObject, pathOf: (written: string) => string): UserCode | undefined {
  const transformers = listOf(top['transformers']).flatMap((entry, index): UserModule[] => {
    const written = isObject(entry) ? asString(entry['path'])?.trim() : undefined
    if (!isObject(entry) || !written) return []
    const options = isObject(entry['options']) ? entry['options'] : {}
    return [{ file: pathOf(written), options, path: ['transformers', index] }]
  })
  return transformers.length === 0 ? undefined : { transformers }
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
