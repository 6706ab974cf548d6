import { asNumber, asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Native } from '../../canonical/native.ts'
import { EFFORTS, type ModelRequest, type OutputFormat, type ReasoningOption } from '../../canonical/request.ts'
import type { WireRequest } from '../protocol.ts'
import { isPacked, isTrigger } from './compaction.ts'
import { decodeInput } from './decode-input.ts'
import { decodeChoice, decodeTools, placesOf } from './decode-tools.ts'
import { invalid, residueOf } from './residue.ts'
import { decodeLogprobsOption, INCLUDED } from './logprobs-option.ts'
import { addFound, foundTools } from './tool-search.ts'

/** A client's `POST /responses`. What has no common meaning (`store`, `include`, `truncation`, …) stays as residue. */
export function decodeRequest({ path, body }: WireRequest): ModelRequest {
  const model = asString(body.model)
  if (!model) throw invalid('model', 'a string is needed')
  const { system, messages } = decodeInput(body)
  const claimed = new Set(['model', 'input'])
  if (typeof body.instructions === 'string') claimed.add('instructions')
  const claim = <Value>(key: string, read: (value: Json) => Value | undefined): Value | undefined => {
    const value = body[key]
    const known = value === undefined || value === null ? undefined : read(value)
    if (known !== undefined) claimed.add(key)
    return known
  }
  const stream = claim('stream', asBoolean)
  const tools = claim('tools', decodeTools)
  const all = addFound(tools ?? [], decodeTools(foundTools(body.input)) ?? [])
  const toolChoice = claim('tool_choice', decodeChoice)
  const text = claim('text', decodeText)
  const isCompaction = Array.isArray(body.input) && body.input.some(isTrigger)
  const fields = {
    // A summary is wanted, not the next step.
    toolChoice: isCompaction ? ({ type: 'none' } as const) : toolChoice,
    parallelToolCalls: claim('parallel_tool_calls', asBoolean),
    reasoning: claim('reasoning', decodeReasoning),
    maxOutputTokens: claim('max_output_tokens', asNumber),
    temperature: claim('temperature', asNumber),
    topP: claim('top_p', asNumber),
    outputFormat: text?.format,
    userId: claim('user', asString),
    logprobs: decodeLogprobsOption(body),
  }
  if (fields.logprobs?.top !== undefined) claimed.add('top_logprobs')
  const form: JsonObject = {
    ...(stream === false && { stream: 'false' }),
    ...(tools?.length === 0 && { tools: 'empty' }),
    ...(body.input === undefined && { input: 'absent' }),
    ...(isObject(body.tool_choice) && toolChoice && { toolChoice: body.tool_choice }),
    ...(path.endsWith('/compact') && { operation: 'compact' }),
    ...(Array.isArray(body.input) && body.input.some(isPacked) && { unpacked: true }),
    ...(isCompaction && { compaction: true, choice: body.tool_choice ?? null }),
    ...(text?.form && { text: text.form }),
    ...placesOf(all),
  }
  const rest = { ...omit(body, claimed), ...(text?.rest && { text: text.rest }) }
  return {
    model,
    system,
    messages,
    tools: all,
    ...present(fields),
    stream: stream ?? false,
    native: quieted(residueOf(rest, new Set(), form)),
  }
}

/** What would be so anyway, or is done here for every provider, is no loss where it cannot be said. */
function quieted(native: Native): Native {
  const form = isObject(native.form) ? native.form : {}
  const empty: JsonObject = { ...(isObject(form.empty) && form.empty) }
  const rest: JsonObject = {}
  for (const key in native.rest) {
    const value = native.rest[key]
    if (value !== undefined && SAYS_NOTHING.get(key)?.(value)) empty[key] = value
    else rest[key] = value
  }
  return { ...native, rest, ...(Object.keys(empty).length > 0 && { form: { ...form, empty } }) }
}

const SAYS_NOTHING = new Map<string, (value: Json) => boolean>([
  ['store', (value) => value === false],
  ['background', (value) => value === false],
  ['truncation', (value) => value === 'disabled'],
  ['service_tier', (value) => value === 'auto'],
  ['include', (value) => Array.isArray(value) && value.every((each) => typeof each === 'string' && INCLUDED.has(each))],
])

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> }

function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>
}

function asBoolean(value: Json): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

// A wish for summaries alone asks for no more reasoning than the model does by itself.
function decodeReasoning(value: Json): ReasoningOption | undefined {
  if (!isObject(value)) return undefined
  const effort = EFFORTS.find((each) => each === value.effort)
  return effort && { effort, native: residueOf(value, new Set(['effort'])) }
}

interface TextOption {
  readonly format?: OutputFormat
  /** The container's other keys. */
  readonly rest?: JsonObject
  readonly form?: JsonObject
}

function decodeText(value: Json): TextOption | undefined {
  if (!isObject(value)) return undefined
  const format = decodeFormat(value.format)
  const isPlain = isObject(value.format) && value.format.type === 'text' && Object.keys(value.format).length === 1
  const rest = omit(value, new Set(format || isPlain ? ['format'] : []))
  return {
    ...(format && { format }),
    ...(Object.keys(rest).length > 0 && { rest }),
    ...((isPlain || (!format && Object.keys(rest).length === 0)) && { form: value }),
  }
}

const SCHEMA_FORMAT = new Set(['type', 'name', 'schema', 'strict'])

function decodeFormat(format: Json | undefined): OutputFormat | undefined {
  if (!isObject(format)) return undefined
  if (format.type === 'json_object') return Object.keys(format).length === 1 ? { type: 'json' } : undefined
  if (format.type !== 'json_schema' || !isObject(format.schema)) return undefined
  const name = asString(format.name)
  const strict = asBoolean(format.strict ?? null)
  const claimed = new Set([...SCHEMA_FORMAT].filter((key) => key !== 'strict' || strict !== undefined))
  return {
    type: 'json-schema',
    schema: format.schema,
    ...(name !== undefined && { name }),
    ...(strict !== undefined && { strict }),
    native: residueOf(format, claimed),
  }
}
