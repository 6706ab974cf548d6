import type { JsonObject } from '../../canonical/json.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { Encoding } from './encoding.ts'

/** The penalties, the seed and the wish for probabilities, within what Gemini takes. */
export function encodeWishes(request: ModelRequest, { ours, drop }: Encoding): JsonObject {
  const { presencePenalty, frequencyPenalty, seed, logprobs } = request
  const penalty = (value: number | undefined, path: string): number | undefined => {
    if (value === undefined || ours || value < PENALTY_BOUND) return value
    drop(path, `lowered from ${value} to ${MOST_PENALTY}: Gemini takes less than ${PENALTY_BOUND}`)
    return MOST_PENALTY
  }
  const isSeed = ours || seed === undefined || Math.abs(seed) < SEED_BOUND
  if (!isSeed) drop('seed', 'Gemini takes seeds of 32 bits')
  return {
    presencePenalty: penalty(presencePenalty, 'presence_penalty'),
    frequencyPenalty: penalty(frequencyPenalty, 'frequency_penalty'),
    seed: isSeed ? seed : undefined,
    responseLogprobs: logprobs && true,
    logprobs: logprobs?.top,
  }
}

// https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerationConfig: "[-2.0, 2.0)", int32.
const PENALTY_BOUND = 2
const MOST_PENALTY = 1.99
const SEED_BOUND = 2 ** 31
