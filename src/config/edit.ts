import type { Range } from './place.ts'
import type { Source } from './source.ts'
import { readSource } from './source.ts'
import type { NewProvider } from './starter.ts'
import { providerEntry } from './starter.ts'

/**
 * The text of a config with one more provider, and with it as the default route if there was none. Everything else stays
 * as it is written, comments too. Throws `SyntaxError` if the text is not an object.
 */
export function addProvider(text: string, provider: NewProvider): string {
  const withProvider = insertProvider(text, provider)
  return setDefaultRoute(withProvider, `${provider.name},${provider.model}`)
}

/** The text of a config with one more client key, of which only the hash is written. */
export function addClientKey(text: string, label: string, hash: string): string {
  const source = read(text)
  const entry = `{ "label": ${JSON.stringify(label)}, "hash": "${hash}" }`
  const list = source.range(['keys'])
  if (!list) return insertLast(text, source, `"keys": [\n    ${entry}\n  ]`)
  if (isNull(text, list)) return splice(text, list, `[\n    ${entry}\n  ]`)
  return insertFirst(text, list, entry, 4, isEmpty(source, ['keys']))
}

function insertProvider(text: string, provider: NewProvider): string {
  const source = read(text)
  const key = source.range(['Providers']) || !source.range(['providers']) ? 'Providers' : 'providers'
  const list = source.range([key])
  const piece = `[\n${indent(providerEntry(provider), 4)}\n  ]`
  if (list && isNull(text, list)) return splice(text, list, piece)
  if (!list)
    return insertFirst(
      text,
      root(source),
      `"Providers": [\n${indent(providerEntry(provider), 2)}\n]`,
      2,
      isEmpty(source, []),
    )
  return insertFirst(text, list, providerEntry(provider), 4, isEmpty(source, [key]))
}

function setDefaultRoute(text: string, target: string): string {
  const source = read(text)
  const member = `"default": ${JSON.stringify(target)}`
  const router = source.range(['Router'])
  if (!router) return insertLast(text, source, `"Router": { ${member} }`)
  if (isNull(text, router)) return splice(text, router, `{ ${member} }`)
  const own = source.range(['Router', 'default'])
  if (!own) return insertFirst(text, router, member, 4, isEmpty(source, ['Router']))
  const isBlank = isNull(text, own) || /^(["'])\s*\1$/.test(text.slice(own.start, own.end))
  return isBlank ? splice(text, own, JSON.stringify(target)) : text
}

function read(text: string): Source {
  const source = readSource(text)
  if (source.error) throw new SyntaxError(source.error.message)
  if (text[root(source).start] !== '{') throw new SyntaxError('expected an object')
  return source
}

function root(source: Source): Range {
  return source.range([]) ?? { start: 0, end: 0 }
}

function isEmpty(source: Source, path: readonly string[]): boolean {
  return source.children(path).length === 0
}

/** Puts `piece` behind the opening bracket of `range`, on lines of its own. */
function insertFirst(text: string, range: Range, piece: string, spaces: number, empty: boolean): string {
  const at = range.start + 1
  const rest = text.slice(at)
  const gap = /^[ \t]*\r?\n/.test(rest) ? '' : `\n${' '.repeat(empty ? Math.max(0, spaces - 2) : spaces)}`
  // Where only comments follow, a comma lets one of them become the next element.
  const comma = empty && /^\s*[}\]]/.test(rest) ? '' : ','
  return `${text.slice(0, at)}\n${indent(piece, spaces)}${comma}${gap}${gap ? rest.trimStart() : rest}`
}

/** Puts a member behind the last one of the whole object. */
function insertLast(text: string, source: Source, member: string): string {
  const last = source.children([]).at(-1)
  if (!last) return insertFirst(text, root(source), member, 2, true)
  const comma = /^\s*,/.exec(text.slice(last.end))?.[0]
  const at = last.end + (comma?.length ?? 0)
  return `${text.slice(0, at)}${comma ? '' : ','}\n  ${member}${comma ? ',' : ''}${text.slice(at)}`
}

function isNull(text: string, range: Range): boolean {
  return text.slice(range.start, range.end) === 'null'
}

function splice(text: string, range: Range, piece: string): string {
  return text.slice(0, range.start) + piece + text.slice(range.end)
}

function indent(text: string, spaces: number): string {
  // Not by a pattern's `^`: that also stands behind a U+2028 inside a key.
  return text
    .split('\n')
    .map((line) => ' '.repeat(spaces) + line)
    .join('\n')
}
