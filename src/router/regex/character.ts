import { PatternError, type Ranges, type SetNode } from './node.ts'

/** Where we are in an expression. */
export interface Reader {
  readonly source: string
  at: number
  depth: number
}

/** A set of characters in brackets. */
export function setInBrackets(reader: Reader): SetNode {
  const { source } = reader
  const isNegated = source[reader.at] === '^'
  if (isNegated) reader.at++
  const ranges: (readonly [number, number])[] = []
  while (source[reader.at] !== ']') {
    if (reader.at >= source.length) throw new PatternError('there is a `[` without its `]`')
    const first = member(reader)
    const [from] = first[0] as readonly [number, number]
    const isRange = source[reader.at] === '-' && source[reader.at + 1] !== ']' && source[reader.at + 1] !== undefined
    if (!isRange || !isOne(first)) {
      ranges.push(...first)
      continue
    }
    reader.at++
    const last = member(reader)
    const [to] = last[0] as readonly [number, number]
    if (!isOne(last) || to < from) throw new PatternError('a range in `[…]` has its ends the wrong way round')
    ranges.push([from, to])
  }
  reader.at++
  return { type: 'set', ranges, isNegated }
}

function isOne(ranges: Ranges): boolean {
  return ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1]
}

function member(reader: Reader): Ranges {
  const code = reader.source.codePointAt(reader.at) as number
  if (code > 0xffff) throw new PatternError('a character like this one cannot stand in `[…]`: write `(?:…|…)`')
  reader.at++
  return code === 0x5c ? escapedSet(reader) : single(code)
}

/** What follows a backslash. */
export function escapedSet(reader: Reader): Ranges {
  const { source } = reader
  const letter = source[reader.at++]
  if (letter === undefined) throw new PatternError('there is a `\\` at the end')
  const named = classes[letter]
  if (named) return named
  if (letter === 'x' || letter === 'u') return numbered(reader, letter === 'x' ? 2 : 4)
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`\`\\${letter}\` is not known here`)
  return single(letter.charCodeAt(0))
}

function numbered(reader: Reader, digits: number): Ranges {
  const text = reader.source.slice(reader.at, reader.at + digits)
  if (!/^[\da-f]+$/i.test(text) || text.length < digits)
    throw new PatternError(`expected ${digits} hexadecimal digits after \`\\${digits === 2 ? 'x' : 'u'}\``)
  reader.at += digits
  return single(Number.parseInt(text, 16))
}

function single(unit: number): Ranges {
  return [[unit, unit]]
}

function complement(ranges: Ranges): Ranges {
  const rest: [number, number][] = []
  let from = 0
  for (const [first, last] of ranges.toSorted((left, right) => left[0] - right[0])) {
    if (first > from) rest.push([from, first - 1])
    from = Math.max(from, last + 1)
  }
  return from > 0xffff ? rest : [...rest, [from, 0xffff]]
}

const LINE_ENDS: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]
const DIGITS: Ranges = [[0x30, 0x39]]
const WORD: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const classes: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
  n: single(0x0a),
  r: single(0x0d),
  t: single(0x09),
  f: single(0x0c),
  v: single(0x0b),
}

/** What `.` stands for. */
export const anyLineCharacter: SetNode = { type: 'set', ranges: LINE_ENDS, isNegated: true }
