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

/** One node for each UTF-16 unit. */
export function literal(character: string): Node[] {
  return Array.from({ length: character.length }, (_, index) => ({
    type: 'set',
    ranges: [[character.charCodeAt(index), character.charCodeAt(index)]],
  }))
}
