import { ModelError } from '../canonical/error.ts'
import type { JsonObject } from '../canonical/json.ts'
import { endOfString } from '../canonical/json-string.ts'

/**
 * `text`, a JSON object, with the value of its top-level `model` replaced and every other character untouched.
 * A second `model` key is an error: what was authorised must be what is sent. `text` must be valid JSON; where `body`, which it
 * was parsed to, is known to name a model, most texts need not be walked.
 */
export function spliceModel(text: string, model: string, body?: JsonObject): string {
  const span = (typeof body?.model === 'string' ? findOnlyModel(text) : undefined) ?? findModel(text)
  if (!span) throw new ModelError('model: field required', { kind: 'bad-request', param: 'model' })
  return text.slice(0, span.start) + JSON.stringify(model) + text.slice(span.end)
}

interface Span {
  readonly start: number
  readonly end: number
}

/** The value of the one key `model` that is anywhere in `text`, whose top level is known to have it. Nothing where there may be more. */
function findOnlyModel(text: string): Span | undefined {
  // It may be spelt with escapes, of which each of its letters has one like this.
  if (text.includes('\\u006')) return undefined
  let found: Span | undefined
  // Two characters are found in a tenth of the time that more of them take.
  for (let at = text.indexOf('"m'); at >= 0; at = text.indexOf('"m', at + 2)) {
    if (!text.startsWith('"model"', at)) continue
    const colon = skipSpace(text, at + '"model"'.length)
    if (text.charCodeAt(colon) !== COLON) continue
    const start = skipSpace(text, colon + 1)
    if (found || text.charCodeAt(start) !== QUOTE) return undefined
    found = { start, end: skipString(text, start) }
  }
  return found
}

function findModel(text: string): Span | undefined {
  let found: Span | undefined
  let at = skipSpace(text, text.indexOf('{') + 1)
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const keyEnd = skipString(text, at)
    const isModel = nameOf(text.slice(at, keyEnd)) === 'model'
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    if (isModel && found) {
      throw new ModelError('model: the request names it twice', { kind: 'bad-request', param: 'model' })
    }
    if (isModel) found = { start, end }
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return found
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

function nameOf(quoted: string): string {
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
}

function skipSpace(text: string, at: number): number {
  let index = at
  while (text.charCodeAt(index) <= 32) index++
  return index
}

/** Index behind the string that starts at `at`. */
function skipString(text: string, at: number): number {
  return endOfString(text, at + 1) + 1
}

/** Index behind the value that starts at `at`. */
function skipValue(text: string, at: number): number {
  let depth = 0
  let index = at
  do {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = skipString(text, index)
        continue
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth++
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        // The end of the object that holds a bare number or literal.
        if (depth === 0) return index
        depth--
        if (depth === 0) return index + 1
        break
      case COMMA:
        if (depth === 0) return index
    }
    index++
  } while (depth > 0 || !isValueEnd(text, at, index))
  return index
}

function isValueEnd(text: string, start: number, at: number): boolean {
  const code = text.charCodeAt(at)
  return text.charCodeAt(start) === QUOTE || code === COMMA || code === CLOSE_OBJECT || code <= 32 || at >= text.length
}
