import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { EFFORTS, type Effort, type ReasoningOption } from '../../canonical/request.ts'
import { ID, leftover, numberOrNothing, objectAt, spelling, withKeys } from './residue.ts'

/**
 * `thinking` and the effort in force: a system message in mid-conversation may carry an `output_config` of its own,
 * which holds from there on.
 */
export function decodeReasoning(body: JsonObject): ReasoningOption | undefined {
  const thinking = readThinking(body.thinking)
  const own = effortOf(body.output_config)
  const effective = latestEffort(body.messages) ?? own
  if (!thinking && effective === undefined) return undefined
  const form = effective === own ? undefined : { effective: effective ?? null, own: own ?? null }
  const native =
    thinking?.rest || form ? { protocol: ID, rest: thinking?.rest ?? {}, ...(form && { form }) } : undefined
  return {
    ...(thinking && { mode: thinking.mode }),
    ...(effective !== undefined && { effort: effective }),
    ...(thinking?.budget !== undefined && { budget: thinking.budget }),
    ...(native && { native: native as NonNullable<ReasoningOption['native']> }),
  }
}

/** Whether the type of `thinking` is one that `decodeReasoning` reads. */
export function isKnownThinking(value: Json | undefined): boolean {
  return isObject(value) && typeof value.type === 'string' && MODES.has(value.type)
}

/** The effort that an `output_config` names, if it is a known one. */
export function effortOf(config: Json | undefined): Effort | undefined {
  const effort = isObject(config) ? config.effort : undefined
  return typeof effort === 'string' && KNOWN_EFFORTS.has(effort) ? (effort as Effort) : undefined
}

/** The request's own effort as it came, and whether system messages keep theirs: not after an edit of the effort. */
export function encodeEffort(reasoning: ReasoningOption | undefined): { effort?: string; keepLater: boolean } {
  const effective = spelling(reasoning?.native, 'effective')
  if (reasoning && effective !== undefined && effective === (reasoning.effort ?? null)) {
    const own = spelling(reasoning.native, 'own')
    return { ...(typeof own === 'string' && { effort: own }), keepLater: true }
  }
  const { effort } = reasoning ?? {}
  return { ...(effort !== undefined && { effort }), keepLater: effective === undefined }
}

/** `thinking` for a request that came in this protocol: what it said, unless it was edited. */
export function encodeOwnThinking(reasoning: ReasoningOption): JsonObject | undefined {
  if (!reasoning.mode) return undefined
  const own: JsonObject = { type: TYPES[reasoning.mode] }
  if (reasoning.mode === 'on') own.budget_tokens = reasoning.budget
  return withKeys(own, reasoning.native?.protocol === ID ? reasoning.native.rest : undefined)
}

const MODES: ReadonlyMap<string, 'on' | 'off' | 'adaptive'> = new Map([
  ['enabled', 'on'],
  ['disabled', 'off'],
  ['adaptive', 'adaptive'],
])
const TYPES = { on: 'enabled', off: 'disabled', adaptive: 'adaptive' } as const
const KNOWN_EFFORTS: ReadonlySet<string> = new Set(EFFORTS)
const ENABLED: ReadonlySet<string> = new Set(['type', 'budget_tokens'])
const OTHERS: ReadonlySet<string> = new Set(['type'])

function readThinking(
  value: Json | undefined,
): { mode: 'on' | 'off' | 'adaptive'; budget?: number; rest?: JsonObject } | undefined {
  if (value === undefined || value === null) return undefined
  const thinking = objectAt(value, 'thinking')
  const mode = typeof thinking.type === 'string' ? MODES.get(thinking.type) : undefined
  if (!mode) return undefined
  const budget = mode === 'on' ? numberOrNothing(thinking.budget_tokens, 'thinking.budget_tokens') : undefined
  const rest = leftover(thinking, mode === 'on' ? ENABLED : OTHERS)
  return { mode, ...(budget !== undefined && { budget }), ...(rest && { rest }) }
}

function latestEffort(messages: Json | undefined): Effort | undefined {
  if (!Array.isArray(messages)) return undefined
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]
    const effort = isObject(message) && message.role === 'system' ? effortOf(message.output_config) : undefined
    if (effort !== undefined) return effort
  }
  return undefined
}
