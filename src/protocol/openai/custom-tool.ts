import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'

/** The schema of a free-form tool for those who know only functions: its whole text is one argument. */
export const INPUT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
  required: ['input'],
  additionalProperties: false,
}

/** A free-form text as the arguments of the function that stands for its tool. */
export function wrapInput(text: string): string {
  return JSON.stringify({ input: text })
}

/** The free-form text in the arguments of such a function; what is spelt otherwise is taken as it stands. */
export function unwrapInput(input: string): string {
  let value: Json
  try {
    value = parseJson(input)
  } catch {
    // A model that was cut off, or that forgot the wrapper: its text is all there is.
    return input
  }
  if (!isObject(value)) return asString(value) ?? input
  const texts = Object.values(value).filter((item) => typeof item === 'string')
  return asString(value.input) ?? (texts.length === 1 ? (texts[0] as string) : input)
}

/** A free-form tool as OpenAI Chat spells it, whose grammar stands one level deeper, in the spelling of the Responses API. */
export function flatCustom(custom: JsonObject): JsonObject {
  const { format } = custom
  const grammar = isObject(format) && isObject(format.grammar) ? format.grammar : undefined
  return { ...custom, ...(grammar && { format: { ...grammar, type: 'grammar' } }) }
}

/** What a model that knows only functions is told of a free-form tool. */
export function describeCustom(tool: JsonObject): string | undefined {
  const { format } = tool
  const grammar = isObject(format) ? asString(format.definition) : undefined
  const lines = [
    asString(tool.description),
    'The tool takes one text: give it, whole and unescaped by you, as the argument `input`.',
    grammar === undefined
      ? undefined
      : `The text obeys this ${isObject(format) ? (asString(format.syntax) ?? '') : ''} grammar:\n${grammar}`,
  ]
  return lines.filter((line) => line !== undefined && line !== '').join('\n\n')
}
