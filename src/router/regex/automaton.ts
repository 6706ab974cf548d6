import { type Node, PatternError, type Place, type Ranges, type SetNode } from './node.ts'

/** Says whether a text holds a match. */
export type Matcher = (text: string) => boolean

/**
 * A matcher that looks at each character once, whatever the expression: all ways of matching are followed at the same
 * time. Sets of ways are worked out when they first come up and remembered, so that a character mostly costs a look-up.
 * Case does not matter if `ignoreCase`. Throws a `PatternError` for an expression that is too large.
 */
export function createMatcher(node: Node, ignoreCase: boolean): Matcher {
  const program: Instruction[] = []
  compile(node, program)
  program.push({ type: 'match' })
  return createMachine(program, ignoreCase)
}

type Instruction =
  | SetNode
  | { readonly type: 'place'; readonly place: Place }
  | Split
  | Jump
  | { readonly type: 'match' }

interface Split {
  readonly type: 'split'
  readonly first: number
  second: number
}

interface Jump {
  readonly type: 'jump'
  to: number
}

/** Enough for every rule a person writes. */
const LARGEST = 2000

function compile(node: Node, program: Instruction[]): void {
  if (program.length > LARGEST) throw new PatternError('the expression is too large')
  switch (node.type) {
    case 'set':
      program.push(node)
      return
    case 'place':
      program.push(node)
      return
    case 'sequence':
      for (const inner of node.nodes) compile(inner, program)
      return
    case 'choice':
      return compileChoice(node.nodes, program)
    case 'repeat':
      return compileRepeat(node, program)
  }
}

function compileChoice(nodes: readonly Node[], program: Instruction[]): void {
  const ends: Jump[] = []
  for (const node of nodes.slice(0, -1)) {
    const split = branch(program)
    compile(node, program)
    const end: Jump = { type: 'jump', to: 0 }
    program.push(end)
    ends.push(end)
    split.second = program.length
  }
  for (const node of nodes.slice(-1)) compile(node, program)
  for (const end of ends) end.to = program.length
}

function compileRepeat({ node, least, most }: Node & { type: 'repeat' }, program: Instruction[]): void {
  for (let count = 0; count < least; count++) {
    const before = program.length
    compile(node, program)
    // Nothing, however often.
    if (program.length === before) return
  }
  const splits: Split[] = []
  if (most === Infinity) {
    const start = program.length
    splits.push(branch(program))
    compile(node, program)
    program.push({ type: 'jump', to: start })
  } else {
    for (let count = least; count < most; count++) {
      splits.push(branch(program))
      compile(node, program)
    }
  }
  for (const split of splits) split.second = program.length
}

/** Goes on behind itself, or at a place that is filled in later. */
function branch(program: Instruction[]): Split {
  const split: Split = { type: 'split', first: program.length + 1, second: 0 }
  program.push(split)
  return split
}

/** What stands on one side of a place: `none` is the end of the text. */
type Side = 'none' | 'word' | 'other'

/** Ways that are open before a character, and what stands before it. */
interface State {
  readonly ways: readonly number[]
  readonly before: Side
  readonly next: Map<number, State | 'matched'>
}

/** More remembered states than this, and remembering begins anew: memory stays bounded for every text. */
const MOST_STATES = 1000

function createMachine(program: readonly Instruction[], ignoreCase: boolean): Matcher {
  let states = new Map<string, State>()
  const stateOf = (ways: readonly number[], before: Side): State => {
    const key = `${before} ${ways.join(' ')}`
    const known = states.get(key)
    if (known) return known
    if (states.size >= MOST_STATES) states = new Map()
    const state: State = { ways, before, next: new Map() }
    states.set(key, state)
    return state
  }
  const step = (state: State, unit: number): State | 'matched' => {
    const after = sideOf(unit)
    const reached = reach(program, state, after)
    if (reached.matched) return 'matched'
    const ways = reached.ways.filter((way) => takes(program[way], unit, ignoreCase)).map((way) => way + 1)
    return stateOf(
      ways.toSorted((one, other) => one - other),
      after,
    )
  }
  return (text) => {
    let state = stateOf([], 'none')
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      const unit = ignoreCase ? lowerOf(code) : code
      let next = state.next.get(unit)
      if (next === undefined) {
        next = step(state, unit)
        // What comes in endless variety is not worth remembering.
        if (unit < 0x80 || state.next.size < 256) state.next.set(unit, next)
      }
      if (next === 'matched') return true
      state = next
    }
    return reach(program, state, 'none').matched
  }
}

/** Follows everything that takes no character, from the ways of a state and from the beginning: a match may begin anywhere. */
function reach(
  program: readonly Instruction[],
  { ways, before }: State,
  after: Side,
): { ways: readonly number[]; matched: boolean } {
  const found: number[] = []
  const seen = new Set<number>()
  const open = [...ways, 0]
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    if (seen.has(way)) continue
    seen.add(way)
    const instruction = program[way] as Instruction
    switch (instruction.type) {
      case 'match':
        return { ways: found, matched: true }
      case 'set':
        found.push(way)
        break
      case 'jump':
        open.push(instruction.to)
        break
      case 'split':
        open.push(instruction.first, instruction.second)
        break
      case 'place':
        if (isAt(instruction.place, before, after)) open.push(way + 1)
        break
    }
  }
  return { ways: found, matched: false }
}

function isAt(place: Place, before: Side, after: Side): boolean {
  switch (place) {
    case 'start':
      return before === 'none'
    case 'end':
      return after === 'none'
    case 'word-edge':
      return (before === 'word') !== (after === 'word')
    case 'no-word-edge':
      return (before === 'word') === (after === 'word')
  }
}

function takes(instruction: Instruction | undefined, unit: number, ignoreCase: boolean): boolean {
  if (instruction?.type !== 'set') return false
  const { ranges, isNegated = false } = instruction
  const isIn = isWithin(unit, ranges) || (ignoreCase && isWithin(upperOf(unit), ranges))
  return isIn !== isNegated
}

function isWithin(unit: number, ranges: Ranges): boolean {
  return ranges.some(([first, last]) => unit >= first && unit <= last)
}

function sideOf(unit: number): Side {
  const isWord =
    (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f || (unit >= 0x61 && unit <= 0x7a)
  return isWord ? 'word' : 'other'
}

/** The lower case of a unit, where that is one unit, too. */
function lowerOf(unit: number): number {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit
  return single(String.fromCharCode(unit).toLowerCase(), unit)
}

function upperOf(unit: number): number {
  return single(String.fromCharCode(unit).toUpperCase(), unit)
}

function single(text: string, otherwise: number): number {
  return text.length === 1 ? text.charCodeAt(0) : otherwise
}
