import { endpointSchema } from './endpoint-schema.ts'
import { configSchema, overrideSchema } from './schema.ts'

const schemas = {
  /** Of the form with `Providers`. */
  config: configSchema,
  /** Of the form with `endpoints`. */
  endpoints: endpointSchema,
  /** Of a project's or session's own router. */
  override: overrideSchema,
}

/**
 * A schema as JSON text. Imported as a macro, it is the bundler that makes the text: TypeBox stays out of the start-up,
 * and a text is parsed in a fraction of the time in which a literal of its size is built.
 */
export function schemaText(name: keyof typeof schemas): string {
  return JSON.stringify(schemas[name])
}
