import type { JsonObject } from '../../canonical/json.ts'
import { editEach, setFields } from './body.ts'

/** The body without `cache_control` on itself, its system text, messages, their parts and its tools. Arguments and schemas keep theirs. */
export function withoutCacheMarks(body: JsonObject): JsonObject {
  return setFields(unmarked(body), {
    system: editEach(body['system'], unmarked),
    messages: editEach(body['messages'], unmarkedContent),
    tools: editEach(body['tools'], unmarked),
    input: editEach(body['input'], unmarkedContent),
  })
}

function unmarked(node: JsonObject): JsonObject {
  return setFields(node, { cache_control: undefined })
}

/** A message or a tool result, whose parts may be marked, too. */
function unmarkedContent(node: JsonObject): JsonObject {
  return setFields(unmarked(node), { content: editEach(node['content'], unmarkedContent) })
}
