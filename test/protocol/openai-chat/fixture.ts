import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isObject, parseJson, type JsonObject } from '../../../src/canonical/json.ts'

const folder = new URL('../../fixture/openai-chat/', import.meta.url)

/** The scenarios of this protocol. */
export const scenarios = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/request.json`, folder)))

/** A file of a scenario, as JSON. */
export function fixtureJson(scenario: string, file: 'request.json' | 'reply.json'): JsonObject {
  const value = parseJson(fixtureText(scenario, file))
  if (!isObject(value)) throw new Error(`${scenario}/${file} is no object`)
  return value
}

/** A file of a scenario. */
export function fixtureText(scenario: string, file: string): string {
  return readFileSync(new URL(`${scenario}/${file}`, folder), 'utf8')
}
