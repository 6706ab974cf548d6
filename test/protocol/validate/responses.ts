import { isObject, type Json, type JsonObject } from '../../../src/canonical/json.ts'
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

/** What OpenAI's specification of the Responses API finds wrong with a request. https://platform.openai.com/docs/api-reference/responses/create */
export function responsesFaults(body: JsonObject): string[] {
  return [...request(body, 'body'), ...pairing(body), ...choice(body)]
}

const NAME = like(/^[a-zA-Z0-9_-]{1,64}$/)
const callId = like(/^.{1,64}$/)
const status = word('in_progress', 'completed', 'incomplete')
const optional = (check: typeof any) => either(nothing, check)

const inputText = fields({ type: any, text: filled })
const inputBlock = byKind('type', {
  input_text: inputText,
  input_image: fields(
    { type: any, detail: word('auto', 'low', 'high') },
    { image_url: optional(like(/^(https?:\/\/|data:image\/[a-z+.-]+;base64,)/)), file_id: optional(filled) },
  ),
  input_file: fields(
    { type: any },
    {
      file_data: like(/^data:[\w/+.-]+;base64,/),
      file_url: like(/^https?:\/\//),
      file_id: optional(filled),
      filename: filled,
    },
  ),
})
const outputBlock = byKind('type', {
  output_text: fields({ type: any, text, annotations: list(object) }, { logprobs: list(object) }),
  refusal: fields({ type: any, refusal: text }),
})
const summary = list(fields({ type: word('summary_text'), text }))
const reasoningText = list(fields({ type: word('reasoning_text'), text }))
const output = either(text, list(inputBlock, 1))
const message = byKind('role', {
  user: fields({ role: any, content: either(filled, list(inputBlock, 1)) }, { type: word('message'), status }),
  system: fields({ role: any, content: either(filled, list(inputBlock, 1)) }, { type: word('message'), status }),
  developer: fields({ role: any, content: either(filled, list(inputBlock, 1)) }, { type: word('message'), status }),
  // A short form without the id of an item is for what another model said.
  assistant: either(
    fields({ role: any, type: word('message'), id: filled, status, content: list(outputBlock, 1) }),
    fields({ role: any, content: either(filled, list(outputBlock, 1)) }, { type: word('message') }),
  ),
})
const item = byKind('type', {
  message,
  reasoning: fields(
    { type: any, summary },
    { id: filled, content: reasoningText, encrypted_content: optional(filled), status },
  ),
  function_call: fields(
    { type: any, call_id: callId, name: NAME, arguments: text },
    { id: filled, status, namespace: NAME },
  ),
  function_call_output: fields(
    { type: any, call_id: callId, output },
    { id: optional(filled), status: optional(status) },
  ),
  custom_tool_call: fields({ type: any, call_id: callId, name: NAME, input: text }, { id: filled, namespace: NAME }),
  custom_tool_call_output: fields({ type: any, call_id: callId, output }, { id: filled }),
})
const format = byKind('type', {
  text: fields({ type: any }),
  json_object: fields({ type: any }),
  json_schema: fields({ type: any, name: NAME, schema: object }, { description: text, strict: optional(boolean) }),
})
const tool = byKind('type', {
  function: fields(
    { type: any, name: NAME, parameters: optional(parameterFaults), strict: optional(boolean) },
    { description: optional(text), defer_loading: boolean },
  ),
  custom: fields(
    { type: any, name: NAME },
    {
      description: text,
      format: byKind('type', {
        text: fields({ type: any }),
        grammar: fields({ type: any, syntax: word('lark', 'regex'), definition: filled }),
      }),
      defer_loading: boolean,
    },
  ),
  web_search: fields(
    { type: any },
    {
      filters: optional(fields({}, { allowed_domains: optional(list(filled, 1)) })),
      user_location: optional(object),
      search_context_size: word('low', 'medium', 'high'),
    },
  ),
})
const request = fields(
  { model: filled },
  {
    input: either(
      filled,
      list((value, path) => (isMessage(value) ? message : item)(value, path), 1),
    ),
    instructions: optional(filled),
    tools: list(tool, 1),
    tool_choice: either(
      word('none', 'auto', 'required'),
      byKind('type', {
        function: fields({ type: any, name: NAME }),
        custom: fields({ type: any, name: NAME }),
        web_search: fields({ type: any }),
      }),
    ),
    parallel_tool_calls: boolean,
    max_output_tokens: count(1),
    temperature: number(0, 2),
    top_p: number(0, 1),
    stream: boolean,
    store: boolean,
    include: list(filled),
    reasoning: fields(
      {},
      {
        effort: word('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
        summary: word('auto', 'concise', 'detailed'),
      },
    ),
    text: fields({}, { format, verbosity: word('low', 'medium', 'high') }),
    user: like(/^[^]{1,64}$/),
    prompt_cache_key: like(/^[^]{1,64}$/),
    safety_identifier: like(/^[^]{1,64}$/),
    service_tier: text,
    metadata: object,
    truncation: word('auto', 'disabled'),
    top_logprobs: count(),
    background: boolean,
    previous_response_id: filled,
    max_tool_calls: count(1),
  },
)

function isMessage(value: Json): boolean {
  return isObject(value) && value.type === undefined
}

const CALLS: Readonly<Record<string, string>> = {
  function_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
}

/** Every call is answered, once, by an item of its kind behind it; and every answer has its call. */
function pairing(body: JsonObject): string[] {
  const faults: string[] = []
  const open = new Map<unknown, string>()
  objects(body.input).forEach((each, index) => {
    const answer = typeof each.type === 'string' ? CALLS[each.type] : undefined
    if (answer !== undefined) {
      if (open.has(each.call_id)) faults.push(`input[${index}]: two open calls have one id`)
      open.set(each.call_id, answer)
    } else if (typeof each.type === 'string' && each.type.endsWith('_call_output')) {
      if (open.get(each.call_id) !== each.type) faults.push(`input[${index}]: answers no call before it`)
      open.delete(each.call_id)
    }
  })
  return open.size > 0 ? [...faults, `calls ${[...open.keys()].join(', ')} are not answered`] : faults
}

function choice({ tools, tool_choice: chosen, parallel_tool_calls: parallel, text: wanted }: JsonObject): string[] {
  const names = objects(tools).flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
  const name = isObject(chosen) ? chosen.name : undefined
  const form = isObject(wanted) && isObject(wanted.format) ? wanted.format : {}
  return [
    ...(chosen !== undefined && chosen !== 'none' && tools === undefined ? ['tool_choice: without tools'] : []),
    ...(parallel !== undefined && tools === undefined ? ['parallel_tool_calls: without tools'] : []),
    ...(name !== undefined && !names.includes(name as string) ? ['tool_choice: names no tool'] : []),
    ...(new Set(names).size < names.length ? ['tools: two have one name'] : []),
    ...objects(tools).flatMap((each) =>
      each.type === 'function' && each.strict ? strictFaults(each.parameters, 'tools') : [],
    ),
    ...(form.type === 'json_schema' && form.strict ? strictFaults(form.schema, 'text.format') : []),
  ]
}
