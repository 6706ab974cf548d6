import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { EFFORTS, type Effort, type ModelRequest, type ReasoningOption } from '../../canonical/request.ts'
import { encodeForeignThinking, LEAST_BUDGET } from '../claude-thinking.ts'
import { effortForBudget } from '../effort.ts'
import type { Encoding } from './encoding.ts'
import { isSince45 } from '../claude-version.ts'
import type { Family } from './model.ts'
import { defined } from './residue.ts'

/** What is said in `additionalModelRequestFields`, in the words of the model's vendor. */
export interface OwnFields {
  readonly reasoning?: ReasoningOption
  readonly topK?: number
  readonly parallelToolCalls?: boolean
}

/** `additionalModelRequestFields` for the model; nothing where there is nothing to add. */
export function encodeFields(
  request: ModelRequest,
  messages: readonly JsonObject[],
  encoding: Encoding,
): JsonObject | undefined {
  const fields = {
    ...encodeTopK(request, encoding),
    ...encodeReasoning(request, messages, encoding),
    ...encodeParallel(request, encoding),
  }
  return Object.keys(fields).length > 0 ? fields : undefined
}

/** Reads them back, in any vendor's words. */
export function decodeFields(value: Json | undefined): OwnFields {
  if (!isObject(value)) return {}
  const reasoning = decodeReasoning(value)
  const inner = isObject(value.inferenceConfig) ? value.inferenceConfig : {}
  const topK = asNumber(value.top_k) ?? asNumber(value.k) ?? asNumber(inner.topK)
  const choice = isObject(value.tool_choice) ? value.tool_choice.disable_parallel_tool_use : undefined
  return {
    ...(reasoning && { reasoning }),
    ...(topK !== undefined && { topK }),
    ...(typeof choice === 'boolean' && { parallelToolCalls: !choice }),
  }
}

/** Whether the fields ask a model to think, so that it takes no sampling. */
export function isThinking(fields: JsonObject | undefined): boolean {
  const thinking = fields?.thinking
  return isObject(thinking) && thinking.type !== 'disabled'
}

const TOP_K: Readonly<Record<Family, ((topK: number) => JsonObject) | undefined>> = {
  claude: (topK) => ({ top_k: topK }),
  nova: (topK) => ({ inferenceConfig: { topK } }),
  mistral: (topK) => ({ top_k: topK }),
  cohere: (topK) => ({ k: topK }),
  unknown: (topK) => ({ top_k: topK }),
  'gpt-oss': undefined,
  llama: undefined,
  deepseek: undefined,
}

function encodeTopK({ topK }: ModelRequest, { family, target, drop }: Encoding): JsonObject {
  if (topK === undefined) return {}
  const spell = TOP_K[family]
  if (!spell) drop('top_k', `${target.model} has no such option`)
  return spell?.(topK) ?? {}
}

function encodeParallel(request: ModelRequest, { family, target, drop }: Encoding): JsonObject {
  const { parallelToolCalls, toolChoice, tools } = request
  // Together with a forced choice the two would be refused; that one is listed where the choice is made.
  if (parallelToolCalls !== false || tools.length === 0 || (toolChoice && toolChoice.type !== 'auto')) return {}
  if (family === 'claude' && isSince45(target.model))
    return { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
  if (!toolChoice || family === 'claude')
    drop('tool_choice.disable_parallel_tool_use', `${target.model} cannot be kept from calling several tools`)
  return {}
}

function encodeReasoning(request: ModelRequest, messages: readonly JsonObject[], encoding: Encoding): JsonObject {
  const { reasoning } = request
  if (!reasoning) return {}
  encoding.dropResidue(reasoning.native, 'thinking')
  const { family, target, drop } = encoding
  if (target.traits.reasoningRequest === 'none') {
    if (!isOff(reasoning)) drop('thinking', `${target.model} does not reason`)
    return {}
  }
  if (family === 'claude') return encodeClaude(reasoning, request, messages, encoding)
  if (family === 'nova' && /nova-2/i.test(target.model)) return encodeNova(reasoning, request, encoding)
  if (family === 'gpt-oss') return { reasoning_effort: levelOf(reasoning, 'low') }
  if (!isOff(reasoning)) drop('thinking', `${target.model} cannot be asked to think`)
  return {}
}

function encodeClaude(
  reasoning: ReasoningOption,
  request: ModelRequest,
  messages: readonly JsonObject[],
  { target, drop }: Encoding,
): JsonObject {
  const { thinking, effort } = encodeForeignThinking(reasoning, target.model, target.traits)
  const config = effort === undefined ? {} : { output_config: { effort } }
  // Newer models cannot be told not to think, and older ones need not be.
  if (!thinking || thinking.type === 'disabled') return {}
  const why = refusal(request, thinking, messages)
  if (why !== undefined) {
    drop('thinking', why)
    return config
  }
  const budget = asNumber(thinking.budget_tokens)
  const most = (request.maxOutputTokens ?? Infinity) - 1
  if (budget === undefined) return { thinking, ...config }
  const fitting = Math.max(LEAST_BUDGET, Math.min(budget, most))
  if (fitting !== budget) drop('thinking.budget_tokens', `changed from ${budget} to ${fitting} to fit max_tokens`)
  return { thinking: { ...thinking, budget_tokens: fitting }, ...config }
}

function refusal(request: ModelRequest, thinking: JsonObject, messages: readonly JsonObject[]): string | undefined {
  const choice = request.toolChoice?.type
  if (choice === 'required' || choice === 'tool') return 'thinking and a forced tool choice exclude each other'
  if (thinking.type !== 'enabled') return undefined
  if (callsWithoutThinking(messages)) return 'the last tool call was made without thinking that this provider signed'
  const { maxOutputTokens } = request
  if (maxOutputTokens !== undefined && maxOutputTokens <= LEAST_BUDGET)
    return `thinking needs ${LEAST_BUDGET} tokens and max_tokens is ${maxOutputTokens}`
  return undefined
}

function callsWithoutThinking(messages: readonly JsonObject[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  const blocks = Array.isArray(last?.content) ? last.content.filter(isObject) : []
  return blocks.some((block) => block.toolUse !== undefined) && blocks[0]?.reasoningContent === undefined
}

function encodeNova(reasoning: ReasoningOption, request: ModelRequest, { drop }: Encoding): JsonObject {
  if (isOff(reasoning)) return { reasoningConfig: { type: 'disabled' } }
  const wish = levelOf(reasoning, 'medium')
  // With high effort Nova decides by itself how much it says, and refuses to be told.
  const isTold =
    request.maxOutputTokens !== undefined || request.temperature !== undefined || request.topP !== undefined
  const effort = wish === 'high' && isTold ? 'medium' : wish
  if (effort !== wish)
    drop('thinking', 'Nova takes high effort only without max_tokens, temperature and top_p: medium is asked for')
  return { reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } }
}

function isOff({ mode, effort }: ReasoningOption): boolean {
  return mode === 'off' || (mode === undefined && effort === 'none')
}

function levelOf(reasoning: ReasoningOption, otherwise: 'low' | 'medium'): 'low' | 'medium' | 'high' {
  if (isOff(reasoning)) return 'low'
  const { effort, budget } = reasoning
  const wish = effort ?? (budget === undefined ? undefined : effortForBudget(budget))
  if (wish === undefined) return otherwise === 'low' ? 'medium' : otherwise
  if (wish === 'none' || wish === 'minimal') return 'low'
  return wish === 'xhigh' || wish === 'max' ? 'high' : wish
}

const MODES: ReadonlyMap<string, 'on' | 'off' | 'adaptive'> = new Map([
  ['enabled', 'on'],
  ['disabled', 'off'],
  ['adaptive', 'adaptive'],
])

function decodeReasoning(fields: JsonObject): ReasoningOption | undefined {
  const config = [fields.thinking, fields.reasoning_config, fields.reasoningConfig].find(isObject)
  const said =
    asString(config?.maxReasoningEffort) ?? asString(fields.reasoning_effort) ?? effortIn(fields.output_config)
  const effort = EFFORTS.find((each) => each === said)
  return reasoningOf(MODES.get(asString(config?.type) ?? ''), effort, asNumber(config?.budget_tokens))
}

/** The wish with the effort that stands beside these fields; theirs goes before it. */
export function withEffort(
  reasoning: ReasoningOption | undefined,
  effort: Effort | undefined,
): ReasoningOption | undefined {
  if (effort === undefined || reasoning?.effort !== undefined) return reasoning
  return reasoningOf(reasoning?.mode, effort, reasoning?.budget)
}

function reasoningOf(mode?: ReasoningOption['mode'], effort?: Effort, budget?: number): ReasoningOption | undefined {
  if (mode === undefined && effort === undefined && budget === undefined) return undefined
  return defined({ mode, effort, budget })
}

function effortIn(config: Json | undefined): string | undefined {
  return isObject(config) ? asString(config.effort) : undefined
}
