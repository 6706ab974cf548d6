import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { LogprobsOption } from '../../canonical/logprobs.ts'
import type { ModelRequest, ToolChoice } from '../../canonical/request.ts'

/** Adds the penalties, the seed and the wish for probabilities as Chat has them. */
export function addWishes(body: JsonObject, request: ModelRequest): void {
  const { presencePenalty, frequencyPenalty, seed, logprobs } = request
  if (presencePenalty !== undefined) body.presence_penalty = presencePenalty
  if (frequencyPenalty !== undefined) body.frequency_penalty = frequencyPenalty
  if (seed !== undefined) body.seed = seed
  if (!logprobs) return
  body.logprobs = true
  if (logprobs.top !== undefined) body.top_logprobs = logprobs.top
}

/** A seed; one with more digits than JavaScript knows stays as it was written. */
export function decodeSeed(value: Json): number | undefined {
  const seed = asNumber(value)
  return Number.isSafeInteger(seed) ? seed : undefined
}

/** The wish for probabilities; Chat knows how many only beside `logprobs: true`. */
export function decodeLogprobsOption({ logprobs, top_logprobs }: JsonObject): LogprobsOption | undefined {
  if (logprobs !== true) return undefined
  const top = asNumber(top_logprobs)
  return top === undefined ? {} : { top }
}

/** A choice among some of the tools; nothing where one of them cannot be told by its name. */
export function decodeAllowed(value: Json): ToolChoice | undefined {
  const told = isObject(value) && value.type === 'allowed_tools' ? value.allowed_tools : undefined
  if (!isObject(told) || !Array.isArray(told.tools)) return undefined
  const { mode, tools } = told
  if (mode !== 'auto' && mode !== 'required') return undefined
  const allowed = tools.flatMap((tool) => nameOf(tool) ?? [])
  return allowed.length === tools.length ? { type: mode, allowed } : undefined
}

function nameOf(tool: Json): string | undefined {
  if (!isObject(tool) || (tool.type !== 'function' && tool.type !== 'custom')) return undefined
  const told = tool[tool.type]
  return isObject(told) && typeof told.name === 'string' ? told.name : undefined
}
