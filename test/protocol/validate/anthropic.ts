import type { Json, JsonObject } from '../../../src/canonical/json.ts'
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

/** What Anthropic's specification of Messages finds wrong with a request. https://platform.claude.com/docs/en/api/messages/create */
export function anthropicFaults(body: JsonObject): string[] {
  return [
    ...request(body, 'body'),
    ...pairing(body),
    ...turns(body),
    ...thinkingRules(body),
    ...choice(body),
    ...marks(body),
  ]
}

const NAME = like(/^[a-zA-Z0-9_-]{1,128}$/)
const ID = like(/^[a-zA-Z0-9_-]+$/)
const cache = { cache_control: either(nothing, fields({ type: word('ephemeral') }, { ttl: word('5m', '1h') })) }
const cited = { citations: any }
const textBlock = fields({ type: any, text: filled }, { ...cache, ...cited })
const image = fields(
  {
    type: any,
    source: byKind('type', {
      base64: fields({
        type: any,
        media_type: word('image/jpeg', 'image/png', 'image/gif', 'image/webp'),
        data: filled,
      }),
      url: fields({ type: any, url: like(/^https?:\/\//) }),
      file: fields({ type: any, file_id: filled }),
    }),
  },
  cache,
)
const documentBlock = fields(
  {
    type: any,
    source: byKind('type', {
      base64: fields({ type: any, media_type: word('application/pdf'), data: filled }),
      text: fields({ type: any, media_type: word('text/plain'), data: filled }),
      url: fields({ type: any, url: like(/^https?:\/\//) }),
      content: fields({ type: any, content: any }),
      file: fields({ type: any, file_id: filled }),
    }),
  },
  { ...cache, ...cited, title: either(nothing, text), context: either(nothing, text) },
)
const searchResult = fields({ type: any, source: text, title: text, content: list(textBlock) }, { ...cache, ...cited })
const toolResult = fields(
  { type: any, tool_use_id: ID },
  {
    ...cache,
    is_error: boolean,
    content: either(
      text,
      list(
        byKind('type', {
          text: textBlock,
          image,
          document: documentBlock,
          search_result: searchResult,
          tool_reference: fields({ type: any, tool_name: NAME }, cache),
        }),
      ),
    ),
  },
)
const toolUse = fields({ type: any, id: ID, name: NAME, input: object }, { ...cache, caller: object })
const server = object
const userBlock = byKind('type', {
  text: textBlock,
  image,
  document: documentBlock,
  search_result: searchResult,
  tool_result: toolResult,
  container_upload: server,
})
const assistantBlock = byKind('type', {
  text: textBlock,
  thinking: fields({ type: any, thinking: text, signature: filled }),
  redacted_thinking: fields({ type: any, data: filled }),
  tool_use: toolUse,
  server_tool_use: server,
  web_search_tool_result: server,
  web_fetch_tool_result: server,
  code_execution_tool_result: server,
  bash_code_execution_tool_result: server,
  text_editor_code_execution_tool_result: server,
  tool_search_tool_result: server,
  mcp_tool_use: server,
  mcp_tool_result: server,
  compaction: server,
})
const message = byKind('role', {
  user: fields({ role: any, content: either(filled, list(userBlock, 1)) }),
  assistant: fields({ role: any, content: either(filled, list(assistantBlock, 1)) }),
  system: fields({ role: any, content: either(filled, list(textBlock, 1)) }, { output_config: object }),
})
// Alternatives at the top are refused: "input_schema does not support oneOf, allOf, or anyOf at the top level".
const inputSchema = fields(
  { type: word('object') },
  Object.fromEntries(
    [
      'properties',
      'required',
      '$schema',
      '$defs',
      'definitions',
      'additionalProperties',
      'description',
      'title',
      'default',
      'examples',
      'propertyNames',
      'patternProperties',
      'minProperties',
      'maxProperties',
      '$id',
      '$comment',
      'if',
      'then',
      'else',
      'not',
      'dependentRequired',
    ].map((key) => [key, any]),
  ),
)
const functionTool = fields(
  { name: NAME, input_schema: inputSchema },
  {
    ...cache,
    type: word('custom'),
    description: text,
    strict: boolean,
    defer_loading: boolean,
    input_examples: list(object),
    eager_input_streaming: any,
    allowed_callers: list(text),
  },
)
const serverTool = (value: Parameters<typeof object>[0], path: string): string[] => {
  const type = (value as JsonObject).type
  return typeof type === 'string' && /^[a-z_]+_\d{8}$|^mcp_toolset$/.test(type) ? [] : functionTool(value, path)
}
const request = fields(
  { model: filled, max_tokens: count(1), messages: list(message, 1) },
  {
    system: either(filled, list(textBlock)),
    tools: list(serverTool),
    tool_choice: byKind('type', {
      auto: fields({ type: any }, { disable_parallel_tool_use: boolean }),
      any: fields({ type: any }, { disable_parallel_tool_use: boolean }),
      none: fields({ type: any }),
      tool: fields({ type: any, name: NAME }, { disable_parallel_tool_use: boolean }),
    }),
    thinking: byKind('type', {
      enabled: fields({ type: any, budget_tokens: count(1024) }, { display: any }),
      adaptive: fields({ type: any }, { display: any }),
      disabled: fields({ type: any }),
    }),
    output_config: fields(
      {},
      {
        effort: word('low', 'medium', 'high', 'xhigh', 'max'),
        format: either(nothing, fields({ type: word('json_schema'), schema: object })),
        task_budget: any,
      },
    ),
    output_format: any,
    metadata: fields({}, { user_id: either(nothing, text) }),
    stop_sequences: list(filled),
    stream: boolean,
    temperature: number(0, 1),
    top_p: number(0, 1),
    top_k: count(0),
    service_tier: word('auto', 'standard_only'),
    context_management: either(nothing, object),
    container: any,
    mcp_servers: list(object),
    cache_control: any,
    speed: any,
    inference_geo: any,
  },
)

function blocks(content: Json | undefined): JsonObject[] {
  return objects(content)
}

/** Every call is answered at the beginning of the next message, and nothing else is. System messages may stand between. */
function pairing(body: JsonObject): string[] {
  const faults: string[] = []
  let open: (Json | undefined)[] = []
  objects(body.messages).forEach(({ role, content }, index) => {
    if (role === 'system') return
    const parts = blocks(content)
    const answered = parts.filter(({ type }) => type === 'tool_result').map((part) => part.tool_use_id)
    const other = parts.findIndex(({ type }) => type !== 'tool_result')
    if (other >= 0 && parts.slice(other).some(({ type }) => type === 'tool_result'))
      faults.push(`messages[${index}]: a tool_result after something else`)
    for (const id of open)
      if (!answered.includes(id)) faults.push(`messages[${index}]: no tool_result for ${JSON.stringify(id)}`)
    for (const id of answered)
      if (!open.includes(id))
        faults.push(`messages[${index}]: a tool_result for ${JSON.stringify(id)}, which was not called just before`)
    if (new Set(answered).size < answered.length) faults.push(`messages[${index}]: two results for one call`)
    open = parts.filter(({ type }) => type === 'tool_use').map((part) => part.id)
    if (new Set(open).size < open.length) faults.push(`messages[${index}]: two calls have one id`)
  })
  return open.length > 0 ? [...faults, `calls ${open.join(', ')} are not answered`] : faults
}

/** The first speaker is the user, and a text that the model shall go on with does not end in white space. */
function turns(body: JsonObject): string[] {
  const messages = objects(body.messages).filter(({ role }) => role !== 'system')
  const last = messages.at(-1)
  const said = typeof last?.content === 'string' ? last.content : blocks(last?.content).at(-1)?.text
  return [
    ...(messages[0]?.role === 'user' ? [] : ['messages: the first is not of the user']),
    ...(last?.role === 'assistant' && typeof said === 'string' && said !== said.trimEnd()
      ? ['messages: the last ends in white space']
      : []),
  ]
}

function thinkingRules(body: JsonObject): string[] {
  const thinking = body.thinking as JsonObject | undefined
  if (!thinking || thinking.type === 'disabled') return []
  const chosen = (body.tool_choice as JsonObject | undefined)?.type
  return [
    ...(thinking.type === 'enabled' && Number(thinking.budget_tokens) >= Number(body.max_tokens)
      ? ['thinking.budget_tokens: not below max_tokens']
      : []),
    ...(chosen === 'any' || chosen === 'tool' ? ['tool_choice: forced while thinking'] : []),
    ...(body.temperature !== undefined && Number(body.temperature) !== 1 ? ['temperature: set while thinking'] : []),
    ...(body.top_k !== undefined ? ['top_k: set while thinking'] : []),
  ]
}

function choice({ tools, tool_choice: chosen }: JsonObject): string[] {
  const names = objects(tools)
    .map(({ name }) => name)
    .filter((name) => name !== undefined)
  const wanted = (chosen as JsonObject | undefined)?.name
  return [
    ...(chosen !== undefined && objects(tools).length === 0 ? ['tool_choice: without tools'] : []),
    ...(wanted !== undefined && !names.includes(wanted) ? ['tool_choice: names no tool'] : []),
    ...(new Set(names).size < names.length ? ['tools: two have one name'] : []),
  ]
}

function marks(body: JsonObject): string[] {
  const found = JSON.stringify([body.system, body.tools, body.messages]).match(/"cache_control":\{/g) ?? []
  return found.length > 4 ? [`cache_control: ${found.length} marks, at most 4`] : []
}
