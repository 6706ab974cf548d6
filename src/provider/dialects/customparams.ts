import type { Json, JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody } from './body.ts'

/** `customparams {…}`: further fields of the body. What the client sent stays, but inside objects the option wins. */
export const customparams: DialectMaker = (options) => {
  const fields = Object.entries(options as JsonObject)
  if (fields.length === 0) return {}
  return {
    request: editBody((body) => {
      const added = fields.flatMap(([key, option]) => {
        const value = merged(body[key], option)
        return value === body[key] ? [] : [[key, value] as const]
      })
      return added.length === 0 ? body : { ...body, ...Object.fromEntries(added) }
    }),
  }
}

function merged(sent: Json | undefined, option: Json | undefined): Json | undefined {
  if (sent === undefined) return option
  return isObject(sent) && isObject(option) ? overlaid(sent, option) : sent
}

function overlaid(below: JsonObject, above: JsonObject): JsonObject {
  const pairs = Object.entries(above).map(([key, value]) => {
    const own = below[key]
    return [key, isObject(own) && isObject(value) ? overlaid(own, value) : value] as const
  })
  return { ...below, ...Object.fromEntries(pairs) }
}
