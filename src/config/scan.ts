import type { PathStep, Range } from './place.ts'
import { placeAt } from './place.ts'

/** A value in the text, and its key, if it has one. */
export interface Entry extends Range {
  readonly key?: number
}

/** The first thing in the text that is no JSON5. */
export interface Failure {
  readonly offset: number
  readonly message: string
  readonly suggestion?: string
}

export interface Scanner {
  readonly entries: Map<string, Entry>
  readonly children: Map<string, Range[]>
  readonly repeated: PathStep[][]
  read(): Failure | undefined
}

class ScanError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** Walks over a JSON5 text and notes where every value stands; makes no values. */
export function createScanner(text: string): Scanner {
  const entries = new Map<string, Entry>()
  const children = new Map<string, Range[]>()
  const repeated: PathStep[][] = []
  let at = 0

  const fail = (message: string, offset = at, suggestion?: string): never => {
    throw new ScanError({ offset, message, ...(suggestion ? { suggestion } : {}) })
  }

  const skip = (): void => {
    for (;;) {
      blank.lastIndex = at
      at += blank.exec(text)?.[0].length ?? 0
      if (text.startsWith('//', at)) at = lineEnd(text, at)
      else if (text.startsWith('/*', at)) {
        const end = text.indexOf('*/', at + 2)
        if (end < 0) fail('this comment is never closed', at, 'close it with `*/`')
        at = end + 2
      } else if (text[at] === '#') fail('`#` does not start a comment here', at, 'comments start with `//`')
      else return
    }
  }

  const value = (path: PathStep[], key?: number): void => {
    const start = at
    // Before its content is read: an error inside must find its parents.
    entries.set(JSON.stringify(path), { start, end: start, ...(key === undefined ? {} : { key }) })
    const first = text[at]
    if (first === '{') object(path)
    else if (first === '[') array(path)
    else if (first === '"' || first === "'") string()
    else scalar()
    const entry = { start, end: at, ...(key === undefined ? {} : { key }) }
    entries.set(JSON.stringify(path), entry)
    if (path.length > 0) children.getOrInsert(JSON.stringify(path.slice(0, -1)), []).push(entry)
  }

  const object = (path: PathStep[]): void => {
    const open = at++
    const seen = new Set<string>()
    for (skip(); text[at] !== '}';) {
      if (at >= text.length) fail('expected `}`: this object is never closed', open)
      const keyAt = at
      const key = name()
      const inner = [...path, key]
      if (seen.has(key)) repeated.push(inner)
      seen.add(key)
      skip()
      if (text[at] !== ':') fail(`expected \`:\` after the key \`${key}\`, found ${found(text, at)}`)
      at++
      skip()
      value(inner, keyAt)
      separator('}', open)
    }
    at++
  }

  const array = (path: PathStep[]): void => {
    const open = at++
    let index = 0
    for (skip(); text[at] !== ']';) {
      if (at >= text.length) fail('expected `]`: this array is never closed', open)
      value([...path, index++])
      separator(']', open)
    }
    at++
  }

  /** After an element: a comma, or the closing bracket, which is left for the caller. */
  const separator = (close: '}' | ']', open: number): void => {
    const end = at
    skip()
    if (text[at] === close) return
    if (text[at] === ',') {
      at++
      skip()
      if (text[at] === ',') fail('expected a value, found a second `,`', at, 'remove it')
      return
    }
    const kind = close === '}' ? 'object' : 'array'
    if (at >= text.length) fail(`expected \`${close}\`: this ${kind} is never closed`, open)
    if (text[at] === '}' || text[at] === ']') {
      fail(
        `expected \`,\` or \`${close}\`, found \`${text[at]}\``,
        at,
        `the ${kind} of line ${placeAt(text, open).line} is not closed`,
      )
    }
    // The comma is missing where the value ends, not where the next one starts.
    fail(`expected \`,\` or \`${close}\` here, before ${found(text, at)}`, end, 'put a `,` here')
  }

  // Bun's parser refuses it there; nobody sees it.
  const refuseOddBlank = (word: string): void => {
    const odd = oddBlank.exec(text[at] ?? '')
    if (odd) fail(`an invisible character (${codeOf(odd[0])}) stands behind \`${word}\``, at, 'remove it')
  }

  const name = (): string => {
    if (text[at] === '"' || text[at] === "'") return string()
    identifier.lastIndex = at
    const word = identifier.exec(text)?.[0]
    if (word === undefined) return fail(`expected a key, found ${found(text, at)}`, at, quoteHint(text, at))
    at += word.length
    return word.includes('\\') ? unescape(word) : word
  }

  const string = (): string => {
    const start = at
    const quote = text[at++]
    for (;;) {
      const character = text[at]
      if (character === quote) break
      if (character === undefined || character === '\n' || character === '\r') {
        fail('this text is never closed', start, `close it with \`${quote}\` on the same line`)
      }
      at += character === '\\' ? escapeLength(text, at, fail) : 1
    }
    at++
    const written = text.slice(start, at)
    return written.includes('\\') ? unescape(written.slice(1, -1)) : written.slice(1, -1)
  }

  const scalar = (): void => {
    number.lastIndex = at
    const digits = number.exec(text)?.[0]
    if (digits !== undefined) {
      at += digits.length
      if (/^[+-].*[yN]$/.test(digits)) refuseOddBlank(digits)
      return
    }
    identifier.lastIndex = at
    const word = identifier.exec(text)?.[0]
    if (word !== undefined && literals.has(word)) {
      at += word.length
      refuseOddBlank(word)
      return
    }
    if (at >= text.length) fail('expected a value, found the end of the file')
    fail(`expected a value, found ${found(text, at)}`, at, word ? literalHint(word) : quoteHint(text, at))
  }

  const read = (): Failure | undefined => {
    try {
      if (text.startsWith('\ufeff')) at++
      skip()
      if (at >= text.length) fail('the file is empty', 0, 'write `{}`, or make a new one with `ccr config init`')
      value([])
      skip()
      if (at < text.length)
        fail(`expected the end of the file, found ${found(text, at)}`, at, 'remove it, or a bracket before it')
      return undefined
    } catch (error) {
      if (error instanceof ScanError) return error.failure
      if (error instanceof RangeError) return { offset: at, message: 'this is nested too deeply' }
      throw error
    }
  }
  return { entries, children, repeated, read }
}

const blank = /[\s\ufeff]*/y
const identifier = /(?:[$_\p{ID_Start}]|\\u[0-9a-fA-F]{4})(?:[$_\u200c\u200d\p{ID_Continue}]|\\u[0-9a-fA-F]{4})*/uy
const number = /[+-]?(?:0[xX][0-9a-fA-F]+|Infinity|NaN|(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w$.])/y
const oddBlank = /[^\S\x00-\x7f]|\ufeff/
const literals = new Set(['true', 'false', 'null', 'Infinity', 'NaN'])

function lineEnd(text: string, from: number): number {
  lineBreak.lastIndex = from
  return lineBreak.exec(text)?.index ?? text.length
}

const lineBreak = /[\n\r\u2028\u2029]/g

/** How many characters the escape at `at` takes: a line continuation counts as one. */
function escapeLength(text: string, at: number, fail: (message: string, offset?: number) => never): number {
  const next = text[at + 1]
  if (next === undefined) return 1
  if (next === '\r' && text[at + 2] === '\n') return 3
  const digits = next === 'u' ? 4 : next === 'x' ? 2 : 0
  const hex = text.slice(at + 2, at + 2 + digits)
  if (digits > 0 && !/^[0-9a-fA-F]+$/.test(hex.padEnd(digits, '!')))
    fail(`expected ${digits} hexadecimal digits after \`\\${next}\``, at)
  if (/[1-9]/.test(next) || /^0\d/.test(text.slice(at + 1, at + 3))) fail(`\`\\${next}\` is no escape`, at)
  return 2 + digits
}

function unescape(written: string): string {
  return written.replace(escaped, (all: string, hex4?: string, hex2?: string) => {
    const hex = hex4 ?? hex2
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return simple[all[1] as string] ?? all.slice(1)
  })
}

const escaped = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\r\n|[^])/g
const simple: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
  '\n': '',
  '\r': '',
  '\u2028': '',
  '\u2029': '',
}

/** What stands at `at`, by kind: the text itself may be a part of a key. */
function found(text: string, at: number): string {
  const character = text[at]
  if (character === undefined) return 'the end of the file'
  if (character === '"' || character === "'") return 'a text'
  if (/[{}[\]:,]/.test(character)) return `\`${character}\``
  if (/\d/.test(character)) return 'a number'
  return /[\p{L}_$]/u.test(character) ? 'a word' : `\`${String.fromCodePoint(text.codePointAt(at) as number)}\``
}

function quoteHint(text: string, at: number): string | undefined {
  return /[“”‘’„«»`]/.test(text[at] ?? '') ? 'write it with plain quotes: `"`' : undefined
}

function literalHint(word: string): string {
  const lower = word.toLowerCase()
  const literal = lower === 'none' || lower === 'nil' || lower === 'undefined' ? 'null' : lower
  return literals.has(literal) ? `did you mean \`${literal}\`?` : 'put texts in quotes'
}

function codeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}
