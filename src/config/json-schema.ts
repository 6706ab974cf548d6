import type { JsonObject } from '../canonical/json.ts'
import { schemaText } from './schema-text.ts' with { type: 'macro' }

/** The JSON Schema of the config file in both its forms, for editors. */
export function jsonSchema(): JsonObject {
  const config = JSON.parse(schemaText('config')) as JsonObject
  const endpoints = JSON.parse(schemaText('endpoints')) as JsonObject
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'ccr configuration',
    // The first form needs no key at all: without this it would let every file of the second pass.
    anyOf: [{ ...config, not: { required: ['endpoints'] } }, endpoints],
  }
}
