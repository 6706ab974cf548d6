import type { TSchema } from '@sinclair/typebox'
import type { JsonObject } from '../canonical/json.ts'
import { endpointSchema } from './endpoint-schema.ts'
import { configSchema } from './schema.ts'

/** The JSON Schema of the config file in both its forms, for editors. */
export function jsonSchema(): JsonObject {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'ccr configuration',
    // The first form needs no key at all: without this it would let every file of the second pass.
    anyOf: [{ ...plain(configSchema), not: { required: ['endpoints'] } }, plain(endpointSchema)],
  }
}

/** Drops what TypeBox keeps under symbols. */
function plain(schema: TSchema): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject
}
