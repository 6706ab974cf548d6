import type { PathStep, Place, Range } from './place.ts'
import { placeAt } from './place.ts'
import { createScanner, type Entry } from './scan.ts'

/** A config text whose values can be found again by their path. */
export interface Source {
  /** The first error in the text's grammar; then only what stands before it can be found. */
  readonly error?: SyntaxProblem
  /** Keys that stand twice in one object: the later one counts. */
  readonly repeated: readonly (readonly PathStep[])[]
  /** Line and column (from 1) of the value at `path`, or of its key; of the nearest parent if there is no such value. */
  place(path: readonly PathStep[], atKey?: boolean): Place
  /** Offsets of the value at `path`, if there is one. */
  range(path: readonly PathStep[]): Range | undefined
  /** The places of the members or elements of the value at `path`, in the order of the text. */
  children(path: readonly PathStep[]): readonly Range[]
}

export interface SyntaxProblem extends Place {
  readonly message: string
  readonly suggestion?: string
}

/** Reads JSON5 for its places only; never throws. */
export function readSource(text: string): Source {
  const scanner = createScanner(text)
  const error = scanner.read()
  const find = (path: readonly PathStep[]) => scanner.entries.get(JSON.stringify(path))
  const nearest = (path: readonly PathStep[]): Entry | undefined => {
    const entry = find(path)
    return entry || path.length === 0 ? entry : nearest(path.slice(0, -1))
  }
  return {
    ...(error ? { error: { ...error, ...placeAt(text, error.offset) } } : {}),
    repeated: scanner.repeated,
    place: (path, atKey) => {
      const entry = nearest(path)
      return placeAt(text, entry === undefined ? 0 : ((atKey && find(path) ? entry.key : undefined) ?? entry.start))
    },
    range: find,
    children: (path) => scanner.children.get(JSON.stringify(path)) ?? [],
  }
}
