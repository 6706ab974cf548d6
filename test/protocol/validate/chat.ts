import { isObject, type JsonObject } from '../../../src/canonical/json.ts'
import {
  any,
  boolean,
  byKind,
  count,
  either,
  fields,
  filled,
  like,
  list,
  nothing,
  number,
  object,
  objects,
  text,
  word,
} from './fields.ts'
import { parameterFaults, strictFaults } from './openai-schema.ts'

/** What OpenAI's specification of Chat Completions finds wrong with a request. https://platform.openai.com/docs/api-reference/chat/create */
export function chatFaults(body: JsonObject): string[] {
  return [...request(body, 'body'), ...pairing(body), ...choice(body), ...limits(body), ...strictness(body)]
}

const NAME = like(/^[a-zA-Z0-9_-]{1,64}$/)
const id = like(/^.{1,64}$/)
const textPart = fields({ type: word('text'), text: filled })
const userPart = byKind('type', {
  text: textPart,
  image_url: fields({
    type: any,
    image_url: fields(
      { url: like(/^(https?:\/\/|data:image\/[a-z+.-]+;base64,)/) },
      { detail: word('auto', 'low', 'high') },
    ),
  }),
  file: fields({
    type: any,
    file: fields({}, { file_data: like(/^data:[\w/+.-]+;base64,/), filename: filled, file_id: filled }),
  }),
  input_audio: fields({ type: any, input_audio: fields({ data: filled, format: word('wav', 'mp3') }) }),
})
const content = either(filled, list(textPart, 1))
const call = byKind('type', {
  function: fields({ type: any, id, function: fields({ name: NAME, arguments: text }) }),
})
const anyMessage = byKind('role', {
  system: fields({ role: any, content }, { name: NAME }),
  developer: fields({ role: any, content }, { name: NAME }),
  user: fields({ role: any, content: either(filled, list(userPart, 1)) }, { name: NAME }),
  assistant: fields(
    { role: any },
    {
      content: either(nothing, text, list(byKind('type', { text: textPart, refusal: object }), 1)),
      tool_calls: list(call, 1),
      refusal: either(nothing, text),
      name: NAME,
    },
  ),
  tool: fields({ role: any, content: either(text, list(textPart, 1)), tool_call_id: id }),
})
const schemaFormat = fields({
  type: any,
  json_schema: fields({ name: NAME }, { description: text, schema: object, strict: either(nothing, boolean) }),
})
const request = fields(
  { model: filled, messages: list(anyMessage, 1) },
  {
    tools: list(
      byKind('type', {
        function: fields({
          type: any,
          function: fields(
            { name: NAME },
            { description: text, parameters: parameterFaults, strict: either(nothing, boolean) },
          ),
        }),
      }),
      1,
    ),
    tool_choice: either(
      word('none', 'auto', 'required'),
      fields({ type: word('function'), function: fields({ name: NAME }) }),
    ),
    parallel_tool_calls: boolean,
    max_tokens: count(1),
    max_completion_tokens: count(1),
    temperature: number(0, 2),
    top_p: number(0, 1),
    stop: either(like(/^[^]+$/), list(like(/^[^]+$/), 1)),
    stream: boolean,
    stream_options: fields({}, { include_usage: boolean, include_obfuscation: boolean }),
    reasoning_effort: word('none', 'minimal', 'low', 'medium', 'high', 'xhigh'),
    response_format: byKind('type', { text: object, json_object: fields({ type: any }), json_schema: schemaFormat }),
    user: text,
    safety_identifier: text,
    prompt_cache_key: text,
    seed: count(-Infinity),
    store: boolean,
    metadata: object,
    n: count(1),
    logprobs: boolean,
    top_logprobs: count(),
    logit_bias: object,
    frequency_penalty: number(-2, 2),
    presence_penalty: number(-2, 2),
    service_tier: text,
    verbosity: word('low', 'medium', 'high'),
    modalities: list(text),
    audio: object,
    prediction: object,
    web_search_options: object,
    prompt_cache_retention: text,
  },
)

/** A message with calls is followed by one tool message for each, and tool messages stand nowhere else. */
function pairing(body: JsonObject): string[] {
  const faults: string[] = []
  let open: unknown[] = []
  objects(body.messages).forEach((message, index) => {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id)) faults.push(`messages[${index}]: answers no call before it`)
      open = open.filter((known) => known !== message.tool_call_id)
      return
    }
    if (open.length > 0) faults.push(`messages[${index}]: comes before the calls ${open.join(', ')} are answered`)
    open = message.role === 'assistant' ? objects(message.tool_calls).map((called) => called.id) : []
    if (new Set(open).size < open.length) faults.push(`messages[${index}]: two calls have one id`)
    const { content: said } = message
    if (message.role === 'assistant' && open.length === 0 && (said === null || said === undefined || said === ''))
      faults.push(`messages[${index}]: says nothing`)
  })
  return open.length > 0 ? [...faults, `calls ${open.join(', ')} are not answered`] : faults
}

function choice({
  tools,
  tool_choice: chosen,
  parallel_tool_calls: parallel,
  stream_options: options,
  stream,
}: JsonObject): string[] {
  const names = objects(tools).map((tool) => (tool.function as JsonObject).name)
  const wanted = typeof chosen === 'object' ? ((chosen as JsonObject).function as JsonObject).name : undefined
  return [
    ...(chosen !== undefined && tools === undefined ? ['tool_choice: without tools'] : []),
    ...(parallel !== undefined && tools === undefined ? ['parallel_tool_calls: without tools'] : []),
    ...(wanted !== undefined && !names.includes(wanted) ? ['tool_choice: names no tool'] : []),
    ...(new Set(names).size < names.length ? ['tools: two have one name'] : []),
    ...(options !== undefined && stream !== true ? ['stream_options: without stream'] : []),
  ]
}

function limits({ max_tokens: old, max_completion_tokens: present, stop }: JsonObject): string[] {
  return [
    ...(old !== undefined && present !== undefined ? ['max_tokens and max_completion_tokens'] : []),
    ...(Array.isArray(stop) && stop.length > 4 ? ['stop: more than 4'] : []),
  ]
}

function strictness({ tools, response_format: wanted }: JsonObject): string[] {
  const format = isObject(wanted) && isObject(wanted.json_schema) ? wanted.json_schema : {}
  return [
    ...objects(tools).flatMap((tool) =>
      isObject(tool.function) && tool.function.strict ? strictFaults(tool.function.parameters, 'tools') : [],
    ),
    ...(format.strict ? strictFaults(format.schema, 'response_format') : []),
  ]
}
