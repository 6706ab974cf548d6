import { ModelError } from '../canonical/error.ts'

/**
 * `text`, a JSON object, with the value of its top-level `model` replaced and every other character untouched.
 * A second `model` key is an error: what was authorised must be what is sent. `text` must be valid JSON.
 */
export function spliceModel(text: string, model: string): string {
  const span = findModel(text)
  if (!span) throw new ModelError('model: field required', { kind: 'bad-request', param: 'model' })
  return text.slice(0, span.start) + JSON.stringify(model) + text.slice(span.end)
}

interface Span {
  readonly start: number
  readonly end: number
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
const BACKSLASH = 92
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
  let end = text.indexOf('"', at + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
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
