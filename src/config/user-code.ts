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

/** A plugin that is called by its name alone. */
export interface NamedPlugin {
  readonly name: string
  readonly options: JsonObject
  readonly path: readonly PathStep[]
}

/** Everything of a config that runs code of the user, or is set up as if it were. */
export interface UserCode {
  /** In the form of CCR. */
  readonly transformers: readonly UserModule[]
  /** In our own form. */
  readonly plugins: readonly UserModule[]
  readonly named: readonly NamedPlugin[]
  readonly customRouter?: UserModule
}

/** The code of the user that a config names; nothing if it names none. `pathOf` gives the full path of what is written. */
export function readUserCode(top: JsonObject, pathOf: (written: string) => string): UserCode | undefined {
  const key = top['plugins'] === undefined ? 'Plugins' : 'plugins'
  const [transformers, plugins] = ['transformers', key].map((list) => modulesOf(top[list], list, pathOf)) as [
    UserModule[],
    UserModule[],
  ]
  const named = listOf(top[key]).flatMap((entry, index) => namedOf(entry, [key, index]))
  const router = asString(top['CUSTOM_ROUTER_PATH'])?.trim()
  const customRouter = router ? { file: pathOf(router), options: {}, path: ['CUSTOM_ROUTER_PATH'] } : undefined
  if (transformers.length + plugins.length + named.length === 0 && !customRouter) return undefined
  return { transformers, plugins, named, ...(customRouter && { customRouter }) }
}

/** The entries that name a file. One that is switched off is not loaded. */
function modulesOf(value: Json | undefined, list: string, pathOf: (written: string) => string): UserModule[] {
  return listOf(value).flatMap((entry, index): UserModule[] => {
    const written = isObject(entry) ? asString(entry['path'])?.trim() : undefined
    if (!isObject(entry) || !written || entry['enabled'] === false) return []
    return [{ file: pathOf(written), options: optionsOf(entry), path: [list, index] }]
  })
}

/** Those that are called by name are off unless they are switched on, as in CCR. */
function namedOf(entry: Json, path: readonly PathStep[]): NamedPlugin[] {
  const name = isObject(entry) ? asString(entry['name'])?.trim() : undefined
  if (!isObject(entry) || !name || asString(entry['path'])?.trim() || entry['enabled'] !== true) return []
  return [{ name, options: optionsOf(entry), path }]
}

function optionsOf(entry: JsonObject): JsonObject {
  return isObject(entry['options']) ? entry['options'] : {}
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
