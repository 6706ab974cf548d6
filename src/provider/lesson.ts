import type { ModelError } from '../canonical/error.ts'
import { asNumber, isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { Traits } from '../protocol/protocol.ts'
import { bedrockLesson } from './lesson-bedrock.ts'
import { formatLesson } from './lesson-format.ts'
import { mapped, refusedField, without } from './lesson-field.ts'
import { applyLimit, limitLesson, type LimitLesson } from './lesson-limit.ts'

/** What the refusal of a request taught about a model: an edit of the bodies sent to it from then on. */
export type Lesson =
  /** A field is not known there. `*` stands for any index of an array. */
  | { readonly type: 'leave-out'; readonly path: readonly string[] }
  /** The output limit has another name there. */
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  /** The output limit may be no larger. */
  | LimitLesson
  /** What the codec must know: the request is to be encoded anew. */
  | { readonly type: 'trait'; readonly traits: Traits; readonly what: string }
  /** A signature of earlier reasoning was not the provider's own. Holds for this one conversation only. */
  | { readonly type: 'forget-reasoning' }
  /** A feature that a client names in its `anthropic-beta` header is not known there. */
  | { readonly type: 'leave-out-beta'; readonly beta: string }
  /** Thinking has a budget there, and is never the model's own choice. */
  | { readonly type: 'budget-thinking' }
  /** It does not think when a tool is forced. Holds for this one call only. */
  | { readonly type: 'stop-thinking' }

/** What `error`, the provider's answer to `body`, teaches; `undefined` if asking again would not help. */
export function lessonOf(error: ModelError, { body, headers }: Lessoned): Lesson | undefined {
  if (error.kind === 'context-overflow') return limitLesson(error, body)
  if (error.kind !== 'bad-request') return undefined
  const { message } = error
  return (
    forgetting(message, body) ??
    ofBedrock(message, body) ??
    ofFormat(error, body) ??
    stopping(message, body) ??
    replaying(message, body) ??
    folding(message, body) ??
    budgeting(message, body) ??
    leavingOutBeta(message, headers) ??
    renaming(message, body) ??
    limitLesson(error, body) ??
    leavingOut(error, body)
  )
}

function ofBedrock(message: string, body: JsonObject): Lesson | undefined {
  const lesson = bedrockLesson(message, body)
  return lesson && { type: 'trait', ...lesson }
}

function ofFormat(error: ModelError, body: JsonObject): Lesson | undefined {
  const lesson = formatLesson(error, body)
  return lesson && { type: 'trait', ...lesson }
}

/** What lessons edit of a request. */
export interface Lessoned {
  readonly body: JsonObject
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/** The request as the lessons want it, with the very same body and headers if none applies, and those that do. */
export function applyLessons(
  request: Lessoned,
  lessons: readonly Lesson[],
): Lessoned & { readonly applied: readonly Lesson[] } {
  let { body, headers } = request
  if (lessons.length === 0) return { body, headers, applied: lessons }
  const applied = lessons.filter((lesson) => {
    const before = { body, headers }
    body = applyLesson(body, lesson)
    headers = lesson.type === 'leave-out-beta' ? withoutBeta(headers, lesson.beta) : headers
    return body !== before.body || headers !== before.headers
  })
  return { body, headers, applied }
}

/** The lesson in words, and as the path of what is lost. */
export function describeLesson(lesson: Lesson): { readonly path: string; readonly what: string } {
  switch (lesson.type) {
    case 'leave-out':
      return { path: lesson.path.join('.'), what: `${lesson.path.join('.')} is left out from now on` }
    case 'rename':
      return { path: lesson.from, what: `${lesson.from} is sent as ${lesson.to} from now on` }
    case 'limit':
      return {
        path: lesson.field,
        what: `${lesson.field} is lowered to ${lesson.most} ${lesson.ofThisCall ? 'for this call' : 'from now on'}`,
      }
    case 'trait':
      return { path: Object.keys(lesson.traits).join('.'), what: lesson.what }
    case 'leave-out-beta':
      return { path: 'anthropic-beta', what: `the beta ${lesson.beta} is left out from now on` }
    case 'budget-thinking':
      return { path: 'thinking', what: 'adaptive thinking is sent as a budget from now on' }
    case 'forget-reasoning':
      return { path: 'messages.*.content.*.thinking', what: 'earlier reasoning is left out of this call' }
    case 'stop-thinking':
      return { path: 'thinking', what: 'this call, which forces a tool, goes without thinking' }
  }
}

const LIMIT_FIELDS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

function applyLesson(body: JsonObject, lesson: Lesson): JsonObject {
  switch (lesson.type) {
    case 'leave-out':
      return without(body, lesson.path) as JsonObject
    case 'rename': {
      const { [lesson.from]: value, ...rest } = body
      return value === undefined ? body : { ...rest, [lesson.to]: value }
    }
    case 'limit':
      return applyLimit(body, lesson)
    case 'forget-reasoning':
      return withoutReasoning(body)
    case 'stop-thinking':
      return withoutThinking(body)
    case 'budget-thinking':
      return withBudget(body)
    case 'leave-out-beta':
    case 'trait':
      return body
  }
}

// "Unexpected value(s) `x` for the `anthropic-beta` header."
function leavingOutBeta(message: string, headers: Lessoned['headers']): Lesson | undefined {
  if (!/anthropic-beta/i.test(message)) return undefined
  const beta = betasOf(headers).find((name) => message.includes(name))
  return beta === undefined ? undefined : { type: 'leave-out-beta', beta }
}

function betasOf(headers: Lessoned['headers']): string[] {
  return (headers['anthropic-beta'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
}

function withoutBeta(headers: Lessoned['headers'], beta: string): Lessoned['headers'] {
  const betas = betasOf(headers)
  if (!betas.includes(beta)) return headers
  const { 'anthropic-beta': _, ...rest } = headers
  const left = betas.filter((name) => name !== beta)
  return left.length > 0 ? { ...rest, 'anthropic-beta': left.join(',') } : rest
}

// "thinking.type: Input should be 'enabled' or 'disabled'"
function budgeting(message: string, body: JsonObject): Lesson | undefined {
  const isRefused = /thinking\.type\b.*(?:should be|must be|expected|adaptive)|adaptive thinking/is.test(message)
  return isRefused && withBudget(body) !== body ? { type: 'budget-thinking' } : undefined
}

const BUDGETS: Readonly<Record<string, number>> = { low: 2048, medium: 8192, high: 16_384, xhigh: 32_000, max: 32_000 }
const LEAST_BUDGET = 1024

function withBudget(body: JsonObject): JsonObject {
  const { thinking, ...rest } = body
  if (!isObject(thinking) || thinking['type'] !== 'adaptive') return body
  const config = body['output_config']
  const effort = isObject(config) && typeof config['effort'] === 'string' ? config['effort'] : 'medium'
  const most = (asNumber(body['max_tokens']) ?? Number.POSITIVE_INFINITY) - 1
  const budget = Math.min(BUDGETS[effort] ?? LEAST_BUDGET, most)
  return budget < LEAST_BUDGET ? rest : { ...rest, thinking: { type: 'enabled', budget_tokens: budget } }
}

// Templates of some models know instructions only before the conversation.
function folding(message: string, body: JsonObject): Lesson | undefined {
  const isRefused =
    /system message must be|unexpected role ["'`]?system|system role (?:is )?not|role:? ["'`]?system["'`]? (?:is )?not/i.test(
      message,
    )
  const later = Array.isArray(body['messages']) ? body['messages'].slice(1) : []
  if (
    !isRefused ||
    !later.some((item) => isObject(item) && (item['role'] === 'system' || item['role'] === 'developer'))
  )
    return undefined
  return {
    type: 'trait',
    traits: { systemMessages: false },
    what: "instructions inside the conversation are sent in the user's turns from now on",
  }
}

function forgetting(message: string, body: JsonObject): Lesson | undefined {
  if (!/signature/i.test(message) || !/thinking|reasoning|thought/i.test(message)) return undefined
  return withoutReasoning(body) === body ? undefined : { type: 'forget-reasoning' }
}

// "Thinking may not be enabled when tool_choice forces tool use."
function stopping(message: string, body: JsonObject): Lesson | undefined {
  if (!/tool[_ ]choice/i.test(message) || !/thinking|reasoning/i.test(message)) return undefined
  return withoutThinking(body) === body ? undefined : { type: 'stop-thinking' }
}

function withoutThinking(body: JsonObject): JsonObject {
  const { thinking, enable_thinking: flag, reasoning, context_management: clearing, ...rest } = body
  const asks = [thinking, reasoning].some(
    (wish) => isObject(wish) && wish['type'] !== 'disabled' && wish['enabled'] !== false,
  )
  if (!asks && flag !== true) return body
  // Where nothing is thought there is nothing to clear, which Anthropic refuses as well.
  const clears = JSON.stringify(clearing ?? '').includes('clear_thinking')
  return {
    ...rest,
    ...(clearing !== undefined && !clears && { context_management: clearing }),
    ...(thinking !== undefined && { thinking: { type: 'disabled' } }),
    ...(flag !== undefined && { enable_thinking: false }),
    ...(reasoning !== undefined && { reasoning: { enabled: false } }),
  }
}

// "The `reasoning_content` in the thinking mode must be passed back to the API."
function replaying(message: string, body: JsonObject): Lesson | undefined {
  if (!/reasoning_content/.test(message) || !/must be|passed back|missing|required|expected/i.test(message))
    return undefined
  const { messages } = body
  const isLacking = (item: Json): boolean =>
    isObject(item) && item['role'] === 'assistant' && item['reasoning_content'] === undefined
  if (!Array.isArray(messages) || !messages.some(isLacking)) return undefined
  return {
    type: 'trait',
    traits: { reasoningReplay: 'reasoning_content' },
    what: 'earlier reasoning is sent back with every turn from now on',
  }
}

function renaming(message: string, body: JsonObject): Lesson | undefined {
  const field = LIMIT_FIELDS.find((name) => body[name] !== undefined && mentions(message, name))
  const other = LIMIT_FIELDS.find((name) => body[name] === undefined && mentions(message, name))
  if (!field || !other || !/instead|not supported|unsupported|use /i.test(message)) return undefined
  return { type: 'rename', from: field, to: other }
}

function mentions(message: string, name: string): boolean {
  return new RegExp(`(?<![a-z_])${name}(?![a-z_])`).test(message)
}

function withoutReasoning(body: JsonObject): JsonObject {
  const { messages } = body
  if (!Array.isArray(messages)) return body
  const cleaned = mapped(messages, (message) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return message
    const content = message['content'].filter((block) => !(isObject(block) && isReasoning(block)))
    return content.length === message['content'].length ? message : { ...message, content }
  }).filter((message) => !(isObject(message) && Array.isArray(message['content']) && message['content'].length === 0))
  if (cleaned.length === messages.length && cleaned.every((message, index) => message === messages[index])) return body
  // With a fixed budget of thinking, a turn that used tools must begin with its thinking.
  return { ...withoutBudgetedThinking(body), messages: cleaned }
}

function withoutBudgetedThinking(body: JsonObject): JsonObject {
  const { thinking, additionalModelRequestFields: fields, ...rest } = body
  const isBudgeted = isObject(thinking) && thinking['type'] === 'enabled'
  const added = isObject(fields) ? withoutBudgetedThinking(fields) : undefined
  return {
    ...rest,
    ...(!isBudgeted && thinking !== undefined && { thinking }),
    ...(added && Object.keys(added).length > 0 && { additionalModelRequestFields: added }),
  }
}

function isReasoning({ type, reasoningContent }: JsonObject): boolean {
  return type === 'thinking' || type === 'redacted_thinking' || reasoningContent !== undefined
}

function leavingOut(error: ModelError, body: JsonObject): Lesson | undefined {
  const path = refusedField(error, body)
  return path && { type: 'leave-out', path }
}
