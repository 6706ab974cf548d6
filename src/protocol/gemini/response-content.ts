import { asString, type JsonObject } from '../../canonical/json.ts'

/** What a `functionResponse.response` says: its `output` or `error` where it has nothing else, or all of it as JSON. */
export function contentOfResponse(response: JsonObject): { text: string; isError: boolean } {
  const [only, ...others] = Object.keys(response)
  if (only !== undefined && others.length === 0) {
    const text = asString(response[only])
    if (text !== undefined && PLAIN.has(only)) return { text, isError: only === 'error' }
  }
  return { text: JSON.stringify(response), isError: only === 'error' && others.length === 0 }
}

// Google names `output` and `error`; its own older examples, and many clients, write `result`.
const PLAIN = new Set(['output', 'result', 'error'])
