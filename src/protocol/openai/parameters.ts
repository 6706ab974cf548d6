import type { JsonObject } from '../../canonical/json.ts'
import { toObjectRoot, withItems } from '../schema/object-root.ts'

/**
 * A schema as OpenAI takes it for the parameters of a function: one object, with properties, and every list with its items.
 * https://platform.openai.com/docs/guides/function-calling
 */
export function toParameters(schema: JsonObject): JsonObject {
  const object = withItems(toObjectRoot(schema))
  return { ...object, $schema: undefined, type: 'object', properties: object.properties ?? {} }
}
