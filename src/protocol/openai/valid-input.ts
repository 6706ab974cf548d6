import { isObject } from '../../canonical/json.ts'

/** Arguments that a provider can parse as an object; broken ones are wrapped as Claude Code wraps them. */
export function validInput(input: string): string {
  if (input.trim() === '') return '{}'
  try {
    if (isObject(JSON.parse(input))) return input
  } catch {
    // Said below, in the wrapper.
  }
  return JSON.stringify({ __unparsedToolInput: { raw: input } })
}
