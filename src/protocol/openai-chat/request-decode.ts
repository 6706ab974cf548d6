import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import {
  EFFORTS,
  type Effort,
  type FunctionTool,
  type ModelRequest,
  type OutputFormat,
  type Tool,
  type ToolChoice,
} from '../../canonical/request.ts'
import { formFor } from '../../canonical/native.ts'
import { describeCustom, flatCustom, INPUT_SCHEMA } from '../openai/custom-tool.ts'
import type { WireRequest } from '../protocol.ts'
import { badRequest } from './bad-request.ts'
import { decodeCache } from './blocks-decode.ts'
import { decodeMessages } from './messages-decode.ts'
import type { RequestForm } from './request.ts'
import type { ToolForm } from './tools.ts'
import { decodeAllowed, decodeLogprobsOption, decodeSeed } from './wishes.ts'

/** A Chat client's request. What has no common meaning (`logit_bias`, `prediction`, …) stays as residue. */
export function decodeRequest({ body }: WireRequest): ModelRequest {
  const model = asString(body.model)
  if (!model) throw badRequest('model', 'a string is needed')
  if (!Array.isArray(body.messages)) throw badRequest('messages', 'a list is needed')
  const claimed = new Set(['model', 'messages'])
  const claim = <T>(key: string, read: (value: Json) => T | undefined): T | undefined => {
    const value = body[key]
    const known = value === undefined || value === null ? undefined : read(value)
    if (known !== undefined) claimed.add(key)
    return known
  }
  const { system, messages } = decodeMessages(body.messages)
  const stream = claim('stream', asBoolean)
  const limit = claim('max_completion_tokens', asNumber)
  const olderLimit = limit === undefined ? claim('max_tokens', asNumber) : undefined
  const tools = claim('tools', decodeTools)
  const customs = customNames(tools ?? [])
  const effort = claim('reasoning_effort', decodeEffort)
  const fields = {
    toolChoice: claim('tool_choice', decodeChoice),
    parallelToolCalls: claim('parallel_tool_calls', asBoolean),
    reasoning: effort && { effort },
    maxOutputTokens: limit ?? olderLimit,
    temperature: claim('temperature', asNumber),
    topP: claim('top_p', asNumber),
    // Not OpenAI's, but that of many who speak its protocol.
    topK: claim('top_k', asNumber),
    stopSequences: claim('stop', decodeStop),
    presencePenalty: claim('presence_penalty', asNumber),
    frequencyPenalty: claim('frequency_penalty', asNumber),
    seed: claim('seed', decodeSeed),
    logprobs: claim('logprobs', () => decodeLogprobsOption(body)),
    outputFormat: claim('response_format', decodeFormat),
    userId: claim('user', asString),
  }
  if (fields.logprobs?.top !== undefined) claimed.add('top_logprobs')
  const quiet = quietIn(body)
  for (const key in quiet) claimed.add(key)
  const form: RequestForm = {
    ...(limit !== undefined && { maxTokens: 'max_completion_tokens' }),
    ...(olderLimit !== undefined && { maxTokens: 'max_tokens' }),
    ...(typeof body.stop === 'string' && { stop: 'string' }),
    ...(stream === false && { stream: 'false' }),
    ...(tools?.length === 0 && { tools: 'empty' }),
    ...(customs.length > 0 && { customs }),
    ...(Object.keys(quiet).length > 0 && { quiet }),
  }
  return {
    model,
    system,
    messages,
    tools: tools ?? [],
    ...present(fields),
    stream: stream ?? false,
    native: { protocol: 'openai-chat', rest: omit(body, claimed), form: { ...form } },
  }
}

/** What says nothing that would not be so anyway, and what is done here for every provider. */
function quietIn(body: JsonObject): JsonObject {
  const quiet: JsonObject = {}
  for (const key of ['n', 'store', 'logprobs', 'service_tier', 'stream_options', 'modalities']) {
    const value = body[key]
    if (value !== undefined && SAYS_NOTHING[key]?.(value)) quiet[key] = value
  }
  return quiet
}

const SAYS_NOTHING: Readonly<Record<string, (value: Json) => boolean>> = {
  n: (value) => value === 1,
  store: (value) => value === false,
  logprobs: (value) => value === false,
  service_tier: (value) => value === 'auto',
  stream_options: (value) => isObject(value) && Object.keys(value).every((key) => key.startsWith('include_')),
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}

function asBoolean(value: Json): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function decodeEffort(value: Json): Effort | undefined {
  return EFFORTS.find((effort) => effort === value)
}

function decodeStop(value: Json): string[] | undefined {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.length === 0) return undefined
  const stops = value.filter((stop) => typeof stop === 'string')
  return stops.length === value.length ? stops : undefined
}

function decodeChoice(value: Json): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  const told = isObject(value) && (value.type === 'function' || value.type === 'custom') ? value[value.type] : undefined
  const name = isObject(told) ? asString(told.name) : undefined
  return name === undefined ? decodeAllowed(value) : { type: 'tool', name }
}

function decodeFormat(value: Json): OutputFormat | undefined {
  if (!isObject(value)) return undefined
  if (value.type === 'json_object') return Object.keys(value).length === 1 ? { type: 'json' } : undefined
  const { json_schema: told } = value
  if (value.type !== 'json_schema' || !isObject(told) || !isObject(told.schema)) return undefined
  if (Object.keys(value).length > 2) return undefined
  const strict = asBoolean(told.strict ?? null)
  const name = asString(told.name)
  const rest = omit(
    told,
    new Set(['schema', ...(name === undefined ? [] : ['name']), ...(strict === undefined ? [] : ['strict'])]),
  )
  return {
    type: 'json-schema',
    schema: told.schema,
    ...(name !== undefined && { name }),
    ...(strict !== undefined && { strict }),
    ...(Object.keys(rest).length > 0 && { native: { protocol: 'openai-chat', rest } }),
  }
}

function decodeTools(value: Json): Tool[] | undefined {
  return Array.isArray(value) && value.every(isObject) ? value.map(decodeTool) : undefined
}

function decodeTool(tool: JsonObject): Tool {
  const told = tool.function
  if (tool.type === 'custom' && isObject(tool.custom) && typeof tool.custom.name === 'string')
    return customTool(tool, tool.custom, tool.custom.name)
  if (tool.type !== 'function' || !isObject(told) || typeof told.name !== 'string') return otherTool(tool)
  const schema = isObject(told.parameters) ? told.parameters : undefined
  const strict = asBoolean(told.strict ?? null)
  const description = asString(told.description)
  const claimed = new Set(['name'])
  if (schema) claimed.add('parameters')
  if (strict !== undefined) claimed.add('strict')
  if (description !== undefined) claimed.add('description')
  const cache = decodeCache(tool.cache_control)
  const beside = omit(tool, new Set(['type', 'function', ...(cache ? ['cache_control'] : [])]))
  const form: ToolForm = { ...(!schema && { parameters: 'absent' }), ...(Object.keys(beside).length > 0 && { beside }) }
  const rest = omit(told, claimed)
  return {
    type: 'function',
    name: told.name,
    ...(description !== undefined && { description }),
    schema: schema ?? {},
    ...(strict !== undefined && { strict }),
    ...(cache && { cache }),
    ...((Object.keys(rest).length > 0 || Object.keys(form).length > 0) && {
      native: { protocol: 'openai-chat', rest, form: { ...form } },
    }),
  }
}

/** A free-form tool: those who know only functions are told one whose whole input is one argument. */
function customTool(tool: JsonObject, custom: JsonObject, name: string): FunctionTool {
  const description = describeCustom(flatCustom(custom))
  const beside = omit(tool, new Set(['type', 'custom']))
  const form: ToolForm = { custom, ...(Object.keys(beside).length > 0 && { beside }) }
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    schema: INPUT_SCHEMA,
    native: { protocol: 'openai-chat', rest: {}, form: { ...form } },
  }
}

// One that the provider runs: nobody else knows it.
function otherTool(tool: JsonObject): Tool {
  const name = asString(tool.name) ?? asString(tool.type) ?? 'unknown'
  return { type: 'server', kind: 'other', name, native: { protocol: 'openai-chat', rest: tool } }
}

/** The names of the free-form tools, by which calls of them are told in their own form. */
function customNames(tools: readonly Tool[]): string[] {
  return tools.flatMap((tool) => {
    const form = formFor(tool.native, 'openai-chat')
    return isObject(form) && form.custom ? [tool.name] : []
  })
}
