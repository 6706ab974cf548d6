/** A regular expression as a tree. */
export type Node =
  | SetNode
  | { readonly type: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly type: 'choice'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly least: number; readonly most: number }
  | { readonly type: 'place'; readonly place: Place }

/** One character of `ranges`, or if `isNegated` one that is not of them. */
export interface SetNode {
  readonly type: 'set'
  readonly ranges: Ranges
  readonly isNegated?: boolean
}

/** Ranges of UTF-16 units, both ends included. */
export type Ranges = readonly (readonly [number, number])[]

/** A condition on where we are, which takes no character. */
export type Place = 'start' | 'end' | 'word-edge' | 'no-word-edge'

/** What of an expression cannot be read; `message` says it to its author. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Reads JavaScript's notation, without what cannot be decided in one pass: references back and looks around. */
export function parseRegex(source: string): Node {
  const reader: Reader = { source, at: 0, depth: 0 }
  const node = choice(reader)
  if (reader.at < source.length) throw new PatternError('there is a `)` without its `(`')
  return node
}

/** The tree of a text as it stands. */
export function textNode(text: string): Node {
  return { type: 'sequence', nodes: [...text].flatMap((character) => literal(character)) }
}

/** Any number of what `node` is. */
export function anyOf(node: Node): Node {
  return { type: 'repeat', node, least: 0, most: Infinity }
}

/** Every character, line ends too. */
export const ANY: Ranges = [[0, 0xffff]]

function complement(ranges: Ranges): Ranges {
  const rest: [number, number][] = []
  let from = 0
  for (const [first, last] of ranges.toSorted((one, other) => one[0] - other[0])) {
    if (first > from) rest.push([from, first - 1])
    from = Math.max(from, last + 1)
  }
  return from > 0xffff ? rest : [...rest, [from, 0xffff]]
}

interface Reader {
  readonly source: string
  at: number
  depth: number
}

const deepest = 50
const mostRepeats = 1000

function choice(reader: Reader): Node {
  if (++reader.depth > deepest) throw new PatternError('groups are nested too deeply')
  const nodes = [sequence(reader)]
  while (reader.source[reader.at] === '|') {
    reader.at++
    nodes.push(sequence(reader))
  }
  reader.depth--
  return nodes.length === 1 ? (nodes[0] as Node) : { type: 'choice', nodes }
}

function sequence(reader: Reader): Node {
  const nodes: Node[] = []
  for (;;) {
    const next = reader.source[reader.at]
    if (next === undefined || next === '|' || next === ')') return { type: 'sequence', nodes }
    nodes.push(repeated(atom(reader), reader))
  }
}

function repeated(node: Node, reader: Reader): Node {
  const count = quantifier(reader)
  if (!count) return node
  if (node.type === 'place') throw new PatternError('a place (`^`, `$`, `\\b`) cannot be repeated')
  const [least, most] = count
  if (least > most) throw new PatternError(`{${least},${most}} has its numbers the wrong way round`)
  if (least > mostRepeats || (most > mostRepeats && most !== Infinity))
    throw new PatternError(`nothing can be repeated more than ${mostRepeats} times`)
  // Whether as much or as little as possible is taken makes no difference to whether there is a match.
  if (reader.source[reader.at] === '?') reader.at++
  if (quantifier({ ...reader })) throw new PatternError(`nothing to repeat before \`${reader.source[reader.at]}\``)
  return { type: 'repeat', node, least, most }
}

const quantifiers: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
}

function quantifier(reader: Reader): readonly [number, number] | undefined {
  const simple = quantifiers[reader.source[reader.at] ?? '']
  if (simple) {
    reader.at++
    return simple
  }
  const [written, least = '', comma, most] =
    /^\{(\d{1,9})(,)?(\d{1,9})?\}/.exec(reader.source.slice(reader.at, reader.at + 25)) ?? []
  if (written === undefined || (comma === undefined && most !== undefined)) return undefined
  reader.at += written.length
  if (comma === undefined) return [Number(least), Number(least)]
  return [Number(least), most === undefined ? Infinity : Number(most)]
}

function atom(reader: Reader): Node {
  const character = String.fromCodePoint(reader.source.codePointAt(reader.at) as number)
  if (quantifier({ ...reader })) throw new PatternError(`nothing to repeat before \`${character}\``)
  reader.at += character.length
  switch (character) {
    case '(':
      return group(reader)
    case '[':
      return set(reader)
    case '.':
      return { type: 'set', ranges: complement(LINE_ENDS) }
    case '^':
      return { type: 'place', place: 'start' }
    case '$':
      return { type: 'place', place: 'end' }
    case '\\':
      return escaped(reader)
    default: {
      const nodes = literal(character)
      return nodes.length === 1 ? (nodes[0] as Node) : { type: 'sequence', nodes }
    }
  }
}

function group(reader: Reader): Node {
  const mark = /^\?(?::|<(?![=!])[^>]*>)/.exec(reader.source.slice(reader.at, reader.at + 100))?.[0] ?? ''
  if (mark === '' && reader.source[reader.at] === '?')
    throw new PatternError('looking ahead or behind (`(?=`, `(?!`, `(?<`) is not possible here')
  reader.at += mark.length
  const node = choice(reader)
  if (reader.source[reader.at] !== ')') throw new PatternError('there is a `(` without its `)`')
  reader.at++
  return node
}

function escaped(reader: Reader): Node {
  const letter = reader.source[reader.at]
  if (letter === 'b' || letter === 'B') {
    reader.at++
    return { type: 'place', place: letter === 'b' ? 'word-edge' : 'no-word-edge' }
  }
  if (letter !== undefined && /[1-9k]/.test(letter))
    throw new PatternError(`\`\\${letter}\`, which refers back to a group, is not possible here`)
  return { type: 'set', ranges: escape(reader) }
}

/** A set of characters in brackets. */
function set(reader: Reader): SetNode {
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
  return code === 0x5c ? escape(reader) : one(code)
}

/** What follows a backslash. */
function escape(reader: Reader): Ranges {
  const { source } = reader
  const letter = source[reader.at++]
  if (letter === undefined) throw new PatternError('there is a `\\` at the end')
  const named = classes[letter]
  if (named) return named
  if (letter === 'x' || letter === 'u') return code(reader, letter === 'x' ? 2 : 4)
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`\`\\${letter}\` is not known here`)
  return one(letter.charCodeAt(0))
}

function code(reader: Reader, digits: number): Ranges {
  const text = reader.source.slice(reader.at, reader.at + digits)
  if (!/^[\da-f]+$/i.test(text) || text.length < digits)
    throw new PatternError(`expected ${digits} hexadecimal digits after \`\\${digits === 2 ? 'x' : 'u'}\``)
  reader.at += digits
  return one(Number.parseInt(text, 16))
}

function one(unit: number): Ranges {
  return [[unit, unit]]
}

/** One node for each UTF-16 unit. */
function literal(character: string): Node[] {
  return Array.from({ length: character.length }, (_, index) => ({
    type: 'set',
    ranges: one(character.charCodeAt(index)),
  }))
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
  n: one(0x0a),
  r: one(0x0d),
  t: one(0x09),
  f: one(0x0c),
  v: one(0x0b),
}
