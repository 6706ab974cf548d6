import { readdirSync, readFileSync } from 'node:fs'
import { parseJson, type Json, type JsonObject } from '../../../src/canonical/json.ts'

const folder = new URL('../../fixture/openai-chat/', import.meta.url)

/** The scenarios of this protocol. */
export const scenarios = readdirSync(folder)

/** A file of a scenario, as JSON. */
export function fixtureJson(scenario: string, file: 'request.json' | 'reply.json'): JsonObject {
  return parseJson(fixtureText(scenario, file)) as Json as JsonObject
}

/** A file of a scenario. */
export function fixtureText(scenario: string, file: string): string {
  return readFileSync(new URL(`${scenario}/${file}`, folder), 'utf8')
}
