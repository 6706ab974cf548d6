import { isObject, parseJson, type JsonObject } from '../canonical/json.ts'

/** Arguments as the object that some protocols demand; what is none goes as text under a name that says so. */
export function argumentsOf(input: string): JsonObject {
  if (input.trim() === '') return {}
  try {
    const value = parseJson(input)
    if (isObject(value)) return value
  } catch {
    // Models write broken JSON: it goes on as text, below.
  }
  return { unparsedArguments: input }
}
