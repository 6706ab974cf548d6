/** The program that calls us, by what its user agent says. */
export interface Client {
  /** `claude-code`, `codex`, …; of a program that is not known, its own name in lower case. */
  readonly name: string
  readonly version?: string
}

/** Who calls; `undefined`: it does not say. */
export function clientOf(userAgent: string | undefined): Client | undefined {
  const [, product = '', version] = /^\s*([^\s/(]{1,100})(?:\/v?(\d[\w.+-]{0,50}))?/.exec(userAgent ?? '') ?? []
  if (product === '') return undefined
  const plain = product.toLowerCase()
  const name = families.find(([pattern]) => pattern.test(plain))?.[1] ?? plain
  return { name, ...(version !== undefined && { version }) }
}

/** How agents call themselves, and what users call them. */
const families: readonly (readonly [RegExp, string])[] = [
  [/^claude-(?:cli|code)$/, 'claude-code'],
  [/^codex(?:[_-]|$)/, 'codex'],
  [/^gemini-?cli/, 'gemini-cli'],
  [/^qwen-?code/, 'qwen-code'],
  [/^opencode/, 'opencode'],
]

/** Versions from one to another: `>=2.1 <3`, `2.1` (every 2.1.x). */
export interface VersionRange {
  readonly text: string
  includes(version: string): boolean
}

/** Reads a range: comparisons that must all hold. `undefined` if it is none. */
export function readVersionRange(text: string): VersionRange | undefined {
  const written = text
    .trim()
    .replaceAll(/([<>=])\s+/g, '$1')
    .split(/\s+/)
  const tests = written.map((part) => /^(>=|<=|>|<|=)?v?(\d+(?:\.\d+){0,3})(?:\.[x*])?$/.exec(part))
  if (tests.some((test) => test === null)) return undefined
  const comparisons = tests.map((test) => ({ sign: test?.[1] ?? '=', bound: numbersOf(test?.[2] ?? '') }))
  return {
    text: written.join(' '),
    includes(version) {
      const numbers = numbersOf(version)
      return comparisons.every(({ sign, bound }) => holds[sign]?.(compare(numbers, bound)) ?? false)
    },
  }
}

const holds: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '>': (order) => order > 0,
  '<': (order) => order < 0,
  '>=': (order) => order >= 0,
  '<=': (order) => order <= 0,
}

/** What follows the numbers (`-beta.1`) does not count. */
function numbersOf(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
}

/** As far as the bound goes: 2.1.330 is equal to 2.1. */
function compare(version: readonly number[], bound: readonly number[]): number {
  for (const [index, number] of bound.entries()) {
    const difference = (version[index] ?? 0) - number
    if (difference !== 0) return difference
  }
  return 0
}
