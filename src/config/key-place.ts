import type { JsonObject } from '../canonical/json.ts'
import { asString, isObject } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import { formOf } from './form.ts'
import { pathText } from './place.ts'
import { readSource } from './source.ts'

/** The providers, each that misses a key with the place in the file where it belongs. The text is read again only then. */
export function withKeyPlaces(
  providers: readonly Provider[],
  top: JsonObject,
  text: string,
  file: string,
): readonly Provider[] {
  const { list, key } = formOf(top)
  const entries = Array.isArray(top[list]) ? top[list] : []
  const indexOf = (name: string): number =>
    entries.findIndex((entry) => isObject(entry) && asString(entry['name'])?.trim() === name)
  const missesKey = ({ name, apiKey, takes }: Provider): boolean => {
    const entry = entries[indexOf(name)]
    // Where nothing is written and nothing is asked for, none is needed.
    return apiKey === undefined && (takes !== undefined || (isObject(entry) && typeof entry[key] === 'string'))
  }
  if (!providers.some(missesKey)) return providers
  const source = readSource(text)
  return providers.map((provider) => {
    if (!missesKey(provider)) return provider
    const path = [list, indexOf(provider.name), key]
    const { line, column } = source.place(path)
    return { ...provider, keyPlace: `${pathText(path)} (${file}:${line}:${column})` }
  })
}
