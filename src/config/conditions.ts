import { homedir } from 'node:os'
import type { Json, JsonObject } from '../canonical/json.ts'
import { asNumber, asString, isObject } from '../canonical/json.ts'
import type { Effort } from '../canonical/request.ts'
import { readVersionRange } from '../router/client.ts'
import {
  type ClientPattern,
  clientCondition,
  type Condition,
  CONDITION_NAMES,
  type ConditionName,
  effortCondition,
  headerCondition,
  imagesCondition,
  keyCondition,
  modelCondition,
  notCondition,
  projectCondition,
  promptCondition,
  sessionCondition,
  systemCondition,
  thinkingCondition,
  timeCondition,
  tokensCondition,
  toolsCondition,
} from '../router/condition.ts'
import { folderPattern, namePattern, type Pattern, textPattern } from '../router/pattern.ts'
import { PatternError } from '../router/regex/node.ts'
import { type Day, isTimeZone, readTimeOfDay, type TimeSpan, timeSpan } from '../router/time-span.ts'
import type { Problem } from './diagnostic.ts'
import { pathText, type PathStep } from './place.ts'
import { didYouMean } from './suggest.ts'

/** What a `when` demands, the cheap conditions first. Takes for granted what the schema checks; tells what it cannot. */
export function readConditions(when: Json | undefined, path: readonly PathStep[], problems: Problem[]): Condition[] {
  if (!isObject(when)) return []
  return CONDITION_NAMES.flatMap((name) => {
    const value = when[name]
    if (value === undefined || value === null) return []
    return READERS[name](value, { path: [...path, name], problems })
  })
}

/** A client as a rule or a profile names it: `codex`, `claude-code@>=2.1 <3`. */
export function readClient(text: string, place: Place): ClientPattern | undefined {
  const at = text.indexOf('@')
  const name = compile(namePattern, at < 0 ? text : text.slice(0, at).trim(), place)
  if (!name || at < 0) return name && { name }
  const versions = readVersionRange(text.slice(at + 1))
  return versions
    ? { name, versions }
    : refuse(place, 'expected versions behind the `@`', 'write `claude-code@>=2.1 <3`')
}

/** Where a value stands, and whom to tell what is wrong with it. */
export interface Place {
  readonly path: readonly PathStep[]
  readonly problems: Problem[]
}

type Reader = (value: Json, place: Place) => Condition[]

const READERS: Readonly<Record<ConditionName, Reader>> = {
  model: (value, place) => [modelCondition(patternsOf(value, place, namePattern))],
  client: (value, place) => [clientCondition(each(value, place, (text, inner) => readClient(text, inner)))],
  key: (value, place) => [keyCondition(patternsOf(value, place, namePattern))],
  header: (value, place) =>
    isObject(value) ? Object.entries(value).flatMap(([name, wanted]) => headerOf(name, wanted, place)) : [],
  session: (value, place) => [sessionCondition(patternsOf(value, place, namePattern))],
  thinking: (value) => [thinkingCondition(value === true)],
  effort: (value) => [effortCondition((Array.isArray(value) ? value : [value]) as Effort[])],
  tools: (value, place) => [toolsCondition(typeof value === 'boolean' ? value : patternsOf(value, place, namePattern))],
  time: (value, place) => [timeCondition(spansOf(value, place))],
  project: (value, place) => [projectCondition(patternsOf(value, place, (text) => folderPattern(atHome(text))))],
  images: (value) => [imagesCondition(value === true)],
  prompt: (value, place) => [promptCondition(patternsOf(value, place, textPattern))],
  system: (value, place) => [systemCondition(patternsOf(value, place, textPattern))],
  tokens: (value) => (isObject(value) ? [tokensCondition(boundsOf(value))] : []),
  not: (value, { path, problems }) => [notCondition(readConditions(value, path, problems))],
}

function patternsOf(value: Json, place: Place, create: (text: string) => Pattern): Pattern[] {
  return each(value, place, (text, inner) => compile(create, text, inner))
}

/** Every text of a value that is one or a list of them. An empty list would make a rule that nothing fits. */
function each<T>(value: Json, place: Place, read: (text: string, place: Place) => T | undefined): T[] {
  if (Array.isArray(value) && value.length === 0) refuse(place, 'the list is empty: nothing would fit', 'leave it out')
  const texts = Array.isArray(value) ? value : [value]
  return texts.flatMap((text, index) => {
    const path = Array.isArray(value) ? [...place.path, index] : place.path
    return (typeof text === 'string' ? read(text, { ...place, path }) : undefined) ?? []
  })
}

function compile(create: (text: string) => Pattern, text: string, place: Place): Pattern | undefined {
  try {
    return create(text)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return refuse(place, error.message)
  }
}

function headerOf(name: string, wanted: Json | undefined, { path, problems }: Place): Condition[] {
  if (wanted === undefined || wanted === null) return []
  const place = { path: [...path, name], problems }
  const header = name.trim().toLowerCase()
  if (SECRET_HEADERS.has(header)) {
    refuse(place, 'this header holds a key, which no rule gets to see', 'use the condition `key`')
    return []
  }
  return [headerCondition(header, typeof wanted === 'boolean' ? wanted : patternsOf(wanted, place, namePattern))]
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cookie',
  'proxy-authorization',
])

function spansOf(value: Json, place: Place): TimeSpan[] {
  const spans = Array.isArray(value) ? value : [value]
  if (spans.length === 0) refuse(place, 'the list is empty: nothing would fit', 'leave it out')
  return spans.flatMap((span, index) => {
    const path = Array.isArray(value) ? [...place.path, index] : place.path
    return isObject(span) ? (spanOf(span, { ...place, path }) ?? []) : []
  })
}

function spanOf(span: JsonObject, place: Place): TimeSpan | undefined {
  const minuteOf = (key: 'from' | 'to'): number | undefined => {
    const text = asString(span[key])
    if (text === undefined) return 0
    return readTimeOfDay(text) ?? refuse(inside(place, key), 'expected a time of day', 'write `22:30`')
  }
  const [from, to] = [minuteOf('from'), minuteOf('to')]
  const zone = asString(span['zone'])?.trim() ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!isTimeZone(zone)) {
    const near = didYouMean(zone, Intl.supportedValuesOf('timeZone'))
    return refuse(inside(place, 'zone'), `there is no time zone \`${zone}\``, near ?? 'write `Europe/Berlin`, say')
  }
  if (from === undefined || to === undefined) return undefined
  const days = Array.isArray(span['days']) ? (span['days'] as Day[]) : []
  return timeSpan({ from, to, days, zone })
}

function boundsOf(value: JsonObject): { above?: number; below?: number } {
  const [above, below] = [asNumber(value['above']), asNumber(value['below'])]
  return { ...(above !== undefined && { above }), ...(below !== undefined && { below }) }
}

function atHome(folder: string): string {
  return folder === '~' || /^~[\\/]/.test(folder) ? homedir() + folder.slice(1) : folder
}

function inside(place: Place, key: string): Place {
  return { ...place, path: [...place.path, key] }
}

function refuse({ path, problems }: Place, problem: string, suggestion?: string): undefined {
  problems.push({
    severity: 'error',
    path,
    message: `\`${pathText(path)}\`: ${problem}`,
    ...(suggestion !== undefined && { suggestion }),
  })
}
