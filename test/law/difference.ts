import { isObject, type Json, type JsonObject } from '../../src/canonical/json.ts'
import type { FunctionTool, ModelRequest } from '../../src/canonical/request.ts'
import { ADDED_FACTS, withoutCarriers } from './carriers.ts'
import type { Fact, Meaning, Words } from './facts.ts'
import { leavesOf } from './json-leaves.ts'

/** What one request says and the other does not. */
export interface Difference {
  readonly missing: readonly Fact[]
  readonly added: readonly string[]
}

/** Compares two requests on what they say; what codecs are known to add is no difference. */
export function differenceOf(before: Meaning, after: Meaning): Difference {
  const { missing, left } = compareFacts(before.facts, after.facts)
  const words = compareWords(before.words, after.words)
  const added = left.filter(({ says }) => !ADDED_FACTS.some(([pattern]) => pattern.test(says)))
  return { missing: [...missing, ...words.missing], added: [...added.map(({ says }) => says), ...words.left] }
}

/** The same for the tools' descriptions and schemas, and the schema of the output: each word of them must be there. */
export function lostWordsOfTools(before: ModelRequest, after: ModelRequest, nameOf: (name: string) => string): Fact[] {
  const others = new Map(
    functionsOf(after).map((tool) => [nameOf(tool.name), JSON.stringify([tool.description, tool.schema])]),
  )
  const lost = before.tools.flatMap((tool, index): Fact[] => {
    const said = tool.type === 'function' ? others.get(tool.name) : undefined
    if (tool.type !== 'function' || said === undefined) return []
    return unsaid({ description: tool.description, input_schema: tool.schema }, said, `tools[${index}]`)
  })
  const format = after.outputFormat?.type === 'json-schema' ? after.outputFormat : undefined
  if (before.outputFormat?.type !== 'json-schema' || !format) return lost
  return [
    ...lost,
    ...unsaid({ schema: before.outputFormat.schema }, JSON.stringify(format.schema), 'output_config.format'),
  ]
}

function functionsOf({ tools }: ModelRequest): FunctionTool[] {
  return tools.filter((tool) => tool.type === 'function')
}

function compareFacts(before: readonly Fact[], after: readonly Fact[]): { missing: Fact[]; left: Fact[] } {
  const left = [...after]
  const missing = before.filter((fact) => {
    const at = left.findIndex(({ says }) => says === fact.says)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  return { missing, left }
}

/**
 * Each text must be found with its speaker, none before an earlier one; several may have become one. Results stand in
 * an order of their own, behind their calls.
 */
function compareWords(before: readonly Words[], after: readonly Words[]): { missing: Fact[]; left: string[] } {
  const left = after.map((words) => ({ ...words }))
  const cursors = new Map<string, number>()
  const missing = before.flatMap(({ path, speaker, text }): Fact[] => {
    const stream = speaker.startsWith('result') ? speaker : 'conversation'
    const wanted = text.trim()
    const rest = left.map((words, index) => ({ words, index })).slice(cursors.get(stream) ?? 0)
    const own = rest.filter(({ words }) => words.speaker === speaker)
    const found =
      own.find(({ words }) => bounded(words.text, wanted)) ?? own.find(({ words }) => words.text.includes(wanted))
    if (!found) return [{ path, says: `${speaker} says ${text}` }]
    cursors.set(stream, found.index)
    found.words.text = found.words.text.replace(wanted, () => '')
    return []
  })
  const over = left.map(({ speaker, text }) => ({ speaker, text: withoutCarriers(text) }))
  return { missing, left: over.filter(({ text }) => text !== '').map(({ speaker, text }) => `${speaker} says ${text}`) }
}

function bounded(text: string, wanted: string): boolean {
  const at = text.indexOf(wanted)
  const end = at + wanted.length
  return at >= 0 && (at === 0 || text[at - 1] === '\n') && (end === text.length || text[end] === '\n')
}

function unsaid(node: JsonObject, said: string, path: string): Fact[] {
  const keys = propertyNames(node).map((name) => ({ path, value: name as Json }))
  return [...leavesOf(node, path), ...keys]
    .filter(({ path: place, value }) => !isSpelling(place) && !isYesOrNo(value) && !mentions(said, value))
    .map(({ path: place, value }) => ({ path: place, says: `tool says ${String(value)}` }))
}

function propertyNames(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(propertyNames)
  if (!isObject(value)) return []
  const own = isObject(value.properties) ? Object.keys(value.properties) : []
  return [...own, ...Object.values(value).flatMap(propertyNames)]
}

// The dialect of the schema, and references, which are put in place where they cannot be followed.
function isSpelling(path: string): boolean {
  return /\.\$(?:schema|ref|id)$/.test(path) || path.includes('.$defs.') || path.includes('.definitions.')
}

function isYesOrNo(value: Json): boolean {
  return typeof value === 'string' && /=(?:true|false)$/.test(value)
}

// Words may be quoted once more where they stand in a description.
function mentions(said: string, value: Json): boolean {
  const once = JSON.stringify(value).replace(/^"|"$/g, '')
  return said.includes(once) || said.includes(JSON.stringify(once).slice(1, -1))
}
