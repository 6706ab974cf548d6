import { anyLineCharacter, escapedSet, type Reader, setInBrackets } from './character.ts'
import { literal, type Node, PatternError } from './node.ts'

/** Reads JavaScript's notation, without what cannot be decided in one pass: references back and looks around. */
export function parseRegex(source: string): Node {
  const reader: Reader = { source, at: 0, depth: 0 }
  const node = choice(reader)
  if (reader.at < source.length) throw new PatternError('there is a `)` without its `(`')
  return node
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
      return setInBrackets(reader)
    case '.':
      return anyLineCharacter
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
  return { type: 'set', ranges: escapedSet(reader) }
}
