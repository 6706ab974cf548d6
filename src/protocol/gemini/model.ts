/** How a model is told how much to think. */
export type Thinking =
  | { readonly type: 'level'; readonly levels: readonly Level[] }
  /** `canBeOff`: a budget of 0 is accepted. */
  | { readonly type: 'budget'; readonly min: number; readonly max: number; readonly canBeOff: boolean }
  /** It may think, but nothing more is known of it. */
  | { readonly type: 'unknown' }

export type Level = 'minimal' | 'low' | 'medium' | 'high'

/** Generation of a Gemini model by its name: 2.5 for `gemini-2.5-pro`; `undefined` where the name does not tell. */
export function generationOf(model: string): number | undefined {
  const match = /(?:^|\/)gemini-(?:[a-z]+-)*?(\d+(?:\.\d+)?)(?![\d.])/i.exec(model)
  return match ? Number(match[1]) : undefined
}

/** Whether a model of generation 3 or later is meant; `-latest` names always mean one. */
export function isGemini3(model: string): boolean {
  const generation = generationOf(model)
  return generation === undefined ? /(?:^|\/)gemini-[a-z-]*latest$/i.test(model) : generation >= 3
}

/** The most tokens that a model can give; Google refuses to be asked for more. `undefined` where the name does not tell. */
export function outputLimitOf(model: string): number | undefined {
  const generation = generationOf(model)
  if (generation === undefined) return isGemini3(model) ? 65_536 : undefined
  return generation >= 2.5 ? 65_536 : 8192
}

/**
 * How to ask `model` to think; `undefined` for models that refuse to be asked.
 * https://ai.google.dev/gemini-api/docs/thinking
 */
export function thinkingOf(model: string): Thinking | undefined {
  const generation = generationOf(model)
  if (/image|tts|embedding/i.test(model)) return undefined
  if (generation === undefined) return /(?:^|\/)gemini-[a-z-]*latest$/i.test(model) ? { type: 'unknown' } : undefined
  if (generation >= 3) return { type: 'level', levels: levelsOf(model, generation) }
  if (generation < 2.5) return undefined
  if (/flash-lite/i.test(model)) return { type: 'budget', min: 512, max: 24_576, canBeOff: true }
  if (/flash/i.test(model)) return { type: 'budget', min: 1, max: 24_576, canBeOff: true }
  return { type: 'budget', min: 128, max: 32_768, canBeOff: false }
}

// Pro models never knew `minimal`, the first of them not even `medium`; newer Flash models than are known here get
// only the three that every one has.
function levelsOf(model: string, generation: number): Level[] {
  if (/pro/i.test(model)) return generation < 3.1 ? ['low', 'high'] : ['low', 'medium', 'high']
  return /flash/i.test(model) && generation <= 3.5 ? ['minimal', 'low', 'medium', 'high'] : ['low', 'medium', 'high']
}
