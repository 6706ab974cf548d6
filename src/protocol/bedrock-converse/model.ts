import { isSince45 } from '../claude-version.ts'

/** Whose model it is, as far as its id or ARN tells: what Converse accepts differs by vendor. */
export type Family = 'claude' | 'nova' | 'gpt-oss' | 'mistral' | 'llama' | 'cohere' | 'deepseek' | 'unknown'

export function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? 'unknown'
}

/** Whether an id says nothing of the model behind it: the ARN of a profile or deployment of the user's own. */
export function isOpaque(model: string): boolean {
  return /^arn:/i.test(model) && familyOf(model) === 'unknown'
}

/** Whether the model takes a JSON Schema for its answer, and strict tools. */
export function takesSchemas(model: string): boolean {
  const family = familyOf(model)
  // https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
  if (family === 'claude') return isSince45(model)
  return family !== 'nova' && family !== 'llama' && family !== 'cohere' && !/deepseek[.-]*r1/i.test(model)
}

/** Whether the model keeps prompts in a cache where it is told to. An opaque one may: it says so when it does not. */
export function takesCachePoints(model: string): boolean {
  const family = familyOf(model)
  return family === 'claude' || family === 'nova' || isOpaque(model)
}

/** Whether a result may be marked as an error. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html */
export function takesStatus(model: string): boolean {
  const family = familyOf(model)
  return family === 'claude' || family === 'nova' || isOpaque(model)
}

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/anthropic\.|claude/i, 'claude'],
  [/amazon\.nova|(?:^|[/.])nova-/i, 'nova'],
  [/gpt-oss/i, 'gpt-oss'],
  [/mistral\.|mistral/i, 'mistral'],
  [/meta\.|llama/i, 'llama'],
  [/cohere\./i, 'cohere'],
  [/deepseek/i, 'deepseek'],
]
