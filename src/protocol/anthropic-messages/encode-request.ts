import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import type { ModelRequest, OutputFormat } from '../../canonical/request.ts'
import { encodeForeignThinking, LEAST_BUDGET } from '../claude-thinking.ts'
import { allowedNames, NOT_ALLOWED } from '../allowed-tools.ts'
import type { Encoded, Target } from '../protocol.ts'
import { ALL_WISHES, dropWishes } from '../wishes.ts'
import { encodeMessage, encodeSystem, encodeTurns } from './encode-messages.ts'
import { createEncoding, type Encoding } from './encoding.ts'
import { isBareText } from './parts.ts'
import { limitMarks } from './mark-limit.ts'
import { ID, spelling, withKeys, withRest } from './residue.ts'
import { encodeEffort, encodeOwnThinking } from './thinking.ts'
import { encodeTool, encodeToolChoice } from './tools.ts'
import { callsWithoutThinking, type Turn } from './turns.ts'

/** A `POST /messages` to a provider, within what it and its model accept. */
export function encodeRequest(request: ModelRequest, target: Target): Encoded {
  const encoding = createEncoding(request, target)
  encoding.dropResidue(request.native, '')
  dropWishes(request, ALL_WISHES, 'Anthropic', encoding.drop)
  const { effort, keepLater } = encodeEffort(request.reasoning)
  const turns = encodeTurns(request, keepLater, encoding)
  const limit = encodeLimit(request, encoding)
  const thinking = encodeThinking(request, effort, limit, turns, encoding)
  const tools = encodeTools(request, encoding)
  const body: JsonObject = withRest(
    {
      model: target.model,
      max_tokens: limit,
      system: encodeSystemField(request, encoding),
      messages: turns.map(encodeMessage),
      tools,
      tool_choice: tools || encoding.ours ? encodeToolChoice(request, encoding.nameOf) : noChoice(request, encoding),
      thinking: thinking.thinking,
      ...encodeSampling(request, thinking.thinking !== undefined && thinking.thinking.type !== 'disabled', encoding),
      stream: request.stream || spelling(request.native, 'stream') !== 'absent' ? request.stream : undefined,
      service_tier: spelling(request.native, 'serviceTier'),
      metadata: request.userId === undefined ? undefined : { user_id: request.userId },
      output_config: encodeConfig(request, thinking.effort, encoding),
      output_format: isTopFormat(request.outputFormat) ? encodeFormat(request.outputFormat) : undefined,
    },
    request.native,
  )
  mergeContainers(body, request)
  if (!thinking.thinking) leaveOutClearing(body, request, encoding)
  leaveOutRefused(body, encoding)
  limitMarks(body, encoding)
  const { provider, model } = target
  return {
    wire: { path: '/messages', query: queryOf(request), headers: headersOf(request), body },
    dropped: encoding.dropped,
    context: {
      provider,
      model,
      ...(encoding.toolNames.size > 0 && { toolNames: encoding.toolNames }),
      id: createCounter(),
    },
  }
}

/** Sent where the client named no limit: Anthropic demands one. */
const DEFAULT_LIMIT = 32_000
const VERSION = '2023-06-01'

function encodeLimit(request: ModelRequest, { target, drop }: Encoding): number {
  const wished = request.maxOutputTokens ?? DEFAULT_LIMIT
  const most = target.traits.maxOutputTokens
  if (most === undefined || wished <= most) return wished
  if (request.maxOutputTokens !== undefined)
    drop('max_tokens', `lowered from ${wished} to the model's limit of ${most}`)
  return most
}

function encodeSystemField(request: ModelRequest, encoding: Encoding): JsonObject['system'] {
  const form = spelling(request.native, 'system')
  const blocks = encodeSystem(request.system, encoding)
  const [only] = blocks
  if (blocks.length === 0) {
    if (form === 'string' && request.system.length === 1) return ''
    return form === 'empty' ? [] : undefined
  }
  return form === 'string' && blocks.length === 1 && only && isBareText(only) ? only.text : blocks
}

function encodeTools(request: ModelRequest, encoding: Encoding): JsonObject[] | undefined {
  const allowed = allowedNames(request)
  const tools = request.tools.flatMap<JsonObject>((tool, index) => {
    const path = `tools[${index}]`
    if (allowed && !allowed.has(tool.name)) {
      encoding.drop(path, NOT_ALLOWED)
      return []
    }
    encoding.dropResidue(tool.native, path)
    const mark = tool.cache && encoding.target.traits.cacheControl === false
    if (mark) encoding.drop(`${path}.cache_control`, 'the provider takes no cache marks')
    const { cache: _, ...unmarked } = tool
    const wire = encodeTool(mark ? unmarked : tool, encoding.nameOf(tool.name), encoding.ours)
    if (!wire) encoding.drop(path, 'only another protocol has this tool')
    return wire ?? []
  })
  return tools.length > 0 || spelling(request.native, 'tools') === 'empty' ? tools : undefined
}

// Anthropic refuses a choice among no tools.
function noChoice({ toolChoice }: ModelRequest, { drop }: Encoding): undefined {
  if (toolChoice && toolChoice.type !== 'none') drop('tool_choice', 'no tool is left to choose')
}

/** Thinking as far as the rest of the request allows it: Anthropic refuses some combinations. */
function encodeThinking(
  request: ModelRequest,
  effort: string | undefined,
  limit: number,
  turns: readonly Turn[],
  encoding: Encoding,
): { thinking?: JsonObject; effort?: string } {
  const { reasoning } = request
  if (!reasoning) return effort === undefined ? {} : { effort }
  if (!encoding.ours) encoding.dropResidue(reasoning.native, 'reasoning')
  const own = encodeOwnThinking(reasoning)
  const said = encoding.ours
    ? { ...(own && { thinking: own }), ...(effort !== undefined && { effort }) }
    : encodeForeignThinking(reasoning, encoding.target.model, encoding.target.traits)
  const { thinking, ...others } = said
  if (!thinking || thinking.type === 'disabled') return said
  const why = refusalOfThinking(request, thinking, limit, turns, encoding)
  if (why === undefined) return { ...others, thinking: fitBudget(thinking, limit, request, encoding) }
  encoding.drop('thinking', why)
  return others
}

function refusalOfThinking(
  request: ModelRequest,
  thinking: JsonObject,
  limit: number,
  turns: readonly Turn[],
  encoding: Encoding,
): string | undefined {
  const choice = request.toolChoice?.type
  if (choice === 'required' || choice === 'tool') return 'thinking and a forced tool choice exclude each other'
  if (thinking.type !== 'enabled') return undefined
  const changed = !encoding.ours || encoding.dropped.some(({ path }) => path.startsWith('messages['))
  if (changed && callsWithoutThinking(turns))
    return 'the last tool call was made without thinking that this provider signed'
  if (limit <= LEAST_BUDGET) return `thinking needs ${LEAST_BUDGET} tokens and max_tokens is ${limit}`
  return undefined
}

// With interleaved thinking a budget may exceed max_tokens: what the client said is touched only where the limit was.
function fitBudget(thinking: JsonObject, limit: number, request: ModelRequest, encoding: Encoding): JsonObject {
  const budget = thinking.budget_tokens
  if (typeof budget !== 'number' || (encoding.ours && limit === request.maxOutputTokens)) return thinking
  const fitting = Math.max(LEAST_BUDGET, Math.min(budget, limit - 1))
  if (fitting !== budget)
    encoding.drop('thinking.budget_tokens', `changed from ${budget} to ${fitting} to fit max_tokens`)
  return { ...thinking, budget_tokens: fitting }
}

function encodeSampling(request: ModelRequest, isThinking: boolean, { ours, drop }: Encoding): JsonObject {
  const { temperature, topP, topK } = request
  const sampling: JsonObject = {
    temperature,
    top_p: topP,
    top_k: topK,
    stop_sequences: request.stopSequences && [...request.stopSequences],
  }
  if (ours) return sampling
  const leaveOut = (field: string, why: string): void => {
    if (sampling[field] === undefined) return
    sampling[field] = undefined
    drop(field, why)
  }
  if (isThinking)
    for (const field of ['temperature', 'top_p', 'top_k']) leaveOut(field, 'not allowed together with thinking')
  if (temperature !== undefined) leaveOut('top_p', 'newer models refuse it together with temperature')
  if (typeof sampling.temperature === 'number' && sampling.temperature > 1) {
    sampling.temperature = 1
    drop('temperature', `lowered from ${temperature} to 1, Anthropic's highest`)
  }
  const stop = request.stopSequences?.filter((sequence) => sequence.trim() !== '')
  if (stop && stop.length !== request.stopSequences?.length)
    drop('stop_sequences', 'Anthropic refuses those of white space only')
  sampling.stop_sequences = stop?.length ? stop : undefined
  return sampling
}

function encodeConfig(request: ModelRequest, effort: string | undefined, encoding: Encoding): JsonObject | undefined {
  const format = isTopFormat(request.outputFormat) ? undefined : encodeFormat(request.outputFormat)
  if (request.outputFormat?.type === 'json')
    encoding.drop('output_config.format', 'Anthropic knows JSON output only with a schema')
  return effort === undefined && !format ? undefined : { effort, format }
}

function isTopFormat(format: OutputFormat | undefined): boolean {
  return format?.type === 'json-schema' && format.native?.protocol === ID && format.native.form === 'output_format'
}

function encodeFormat(format: OutputFormat | undefined): JsonObject | undefined {
  return format?.type === 'json-schema'
    ? withRest({ type: 'json_schema', schema: format.schema }, format.native)
    : undefined
}

/** Adds what `metadata` and `output_config` held beside what was claimed of them. */
function mergeContainers(body: JsonObject, request: ModelRequest): void {
  if (request.native?.protocol !== ID) return
  for (const key of ['metadata', 'output_config']) {
    const own = body[key]
    const more = request.native.rest[key]
    if (isObject(own) && isObject(more)) body[key] = withKeys({ ...own }, more)
  }
}

// Anthropic refuses to clear thinking where there is none.
function leaveOutClearing(body: JsonObject, { reasoning }: ModelRequest, { drop }: Encoding): void {
  const management = body.context_management
  if (!reasoning?.mode || reasoning.mode === 'off' || !isObject(management) || !Array.isArray(management.edits)) return
  const edits = management.edits.filter(
    (edit) => !(isObject(edit) && asString(edit.type)?.startsWith('clear_thinking')),
  )
  if (edits.length === management.edits.length) return
  drop('context_management.edits', 'there is no thinking to clear')
  body.context_management = edits.length > 0 ? { ...management, edits } : undefined
}

function leaveOutRefused(body: JsonObject, { target, drop }: Encoding): void {
  for (const field of target.traits.refusedFields ?? []) {
    if (body[field] === undefined) continue
    delete body[field]
    drop(field, `${target.provider} refuses this field`)
  }
}

function headersOf(request: ModelRequest): Record<string, string> {
  const headers: Record<string, string> = { 'anthropic-version': VERSION }
  const carried = spelling(request.native, 'headers')
  if (isObject(carried)) for (const name in carried) headers[name] = String(carried[name])
  return headers
}

function queryOf(request: ModelRequest): string {
  const query = spelling(request.native, 'query')
  return typeof query === 'string' ? query : ''
}

// Unique within one answer, which is all that an answer without ids needs if the caller brings no better source.
function createCounter(): (prefix: string) => string {
  let count = 0
  return (prefix) => `${prefix}${++count}`
}
