import { createMatcher } from './regex/automaton.ts'
import { ANY, anyOf, type Node, PatternError, type SetNode, textNode } from './regex/node.ts'
import { parseRegex } from './regex/parse.ts'

/** A text of a rule that other texts are held against. */
export interface Pattern {
  /** As it was written. */
  readonly text: string
  matches(text: string): boolean
}

/**
 * What a rule writes for a name: `claude-*` (`*` any characters, `?` one), or `/…/`, a regular expression of which a part
 * may match. Case does not matter. Every text is looked at once, however the pattern is made. Throws a `PatternError`.
 */
export function namePattern(text: string): Pattern {
  return regexPattern(text) ?? { text, matches: createMatcher(wholly(globNode(checked(text), any)), true) }
}

/**
 * What a rule writes for a folder: `*` and `?` stay within one folder, `**` does not, and a folder stands for everything
 * in it. Backslashes count as slashes. Throws a `PatternError`.
 */
export function folderPattern(text: string): Pattern {
  const folder = globNode(withSlashes(checked(text)).replace(/(?<=.)\/+$/, ''), noSlash)
  const beneath: Node = { type: 'sequence', nodes: [textNode('/'), anyOf(any)] }
  const inside: Node = { type: 'choice', nodes: [beneath, textNode('')] }
  const matches = createMatcher(wholly({ type: 'sequence', nodes: [folder, inside] }), true)
  return { text, matches: (path) => matches(withSlashes(path)) }
}

/** What a rule writes for a part of a longer text: the words themselves in any case, or `/…/`. Throws a `PatternError`. */
export function textPattern(text: string): Pattern {
  const pattern = regexPattern(text)
  if (pattern) return pattern
  // The engine knows no way back in a plain text.
  const plain = new RegExp(RegExp.escape(text), 'i')
  return { text, matches: (whole) => plain.test(whole) }
}

const longest = 1000
const any: SetNode = { type: 'set', ranges: ANY }
const noSlash: SetNode = { type: 'set', ranges: [[0x2f, 0x2f]], isNegated: true }

function checked(text: string): string {
  if (text.length > longest) throw new PatternError(`a pattern has at most ${longest} characters`)
  return text
}

function regexPattern(text: string): Pattern | undefined {
  const [, source, flags = ''] = /^\/([^]+)\/([a-z]*)$/i.exec(text) ?? []
  if (source === undefined) return undefined
  const odd = /[^ic]/.exec(flags)?.[0]
  if (odd !== undefined)
    throw new PatternError(`the flag \`${odd}\` is not known: there are \`i\` (the default) and \`c\`, case matters`)
  return { text, matches: createMatcher(parseRegex(checked(source)), !flags.includes('c')) }
}

function wholly(node: Node): Node {
  return { type: 'sequence', nodes: [{ type: 'place', place: 'start' }, node, { type: 'place', place: 'end' }] }
}

/** `**` is any characters, `*` any of `within`, `?` one of them. */
function globNode(glob: string, within: SetNode): Node {
  const parts = glob.match(/\*\*+|\*|\?|[^*?]+/g) ?? []
  return { type: 'sequence', nodes: parts.map((part) => globPart(part, within)) }
}

function globPart(part: string, within: SetNode): Node {
  if (part.startsWith('**')) return anyOf(any)
  if (part === '*') return anyOf(within)
  return part === '?' ? within : textNode(part)
}

function withSlashes(path: string): string {
  return path.replaceAll('\\', '/')
}
