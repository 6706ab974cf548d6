import type { JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody, editEach, setFields } from './body.ts'
import { withoutCacheMarks } from './cache-marks.ts'

/** `groq`: it refuses cache marks, `$schema` in a tool's schema, and fields of a message that it does not know. */
export const groq: DialectMaker = () => ({
  request: editBody((body) =>
    setFields(withoutCacheMarks(body), { tools: editEach(withoutCacheMarks(body)['tools'], plainSchema) }),
  ),
  traits: (model) => ({
    cacheControl: false,
    reasoningReplay: 'none',
    ...(/gpt-oss/i.test(model)
      ? { reasoningRequest: 'effort', efforts: ['low', 'medium', 'high'] }
      : { reasoningRequest: 'none' }),
  }),
})

function plainSchema(tool: JsonObject): JsonObject {
  const owner = tool['function']
  return isObject(owner) ? setFields(tool, { function: withoutMark(owner) }) : withoutMark(tool)
}

function withoutMark(owner: JsonObject): JsonObject {
  const { parameters } = owner
  return isObject(parameters) ? setFields(owner, { parameters: setFields(parameters, { $schema: undefined }) }) : owner
}
