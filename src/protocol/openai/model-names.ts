/** OpenAI's reasoning models refuse `max_tokens`; most others know nothing else. `vendor/model` counts by its last part. */
export function usesMaxCompletionTokens(model: string): boolean {
  return REASONING_MODEL.test(baseName(model))
}

/** Whether `reasoning_effort` may be sent: the models of OpenAI that do not reason refuse it. Unknown ones may. */
export function takesEffort(model: string): boolean {
  return !PLAIN_MODEL.test(baseName(model))
}

/** Whether the name is that of a model of OpenAI's own, whoever serves it. */
export function isOpenaiModel(model: string): boolean {
  return OPENAI_MODEL.test(baseName(model))
}

const OPENAI_MODEL = /^(gpt-\d|chatgpt-|codex-|o[1-9]\d*($|[-.]))/i
// o1, o3-mini, o4 …; gpt-5, gpt-5.1-codex, gpt-6, gpt-10 …
const REASONING_MODEL = /^(o[1-9]\d*($|[-.])|gpt-([5-9]|[1-9]\d+)($|[-.]))/i
const PLAIN_MODEL = /^(gpt-3|gpt-4|chatgpt-4o|gpt-5-chat)/i

function baseName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}
