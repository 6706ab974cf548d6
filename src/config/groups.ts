import type { Json, JsonObject } from '../canonical/json.ts'
import { asNumber, asString, isObject } from '../canonical/json.ts'
import type { Group, Member } from '../router/group.ts'
import type { Strategy } from '../router/strategy.ts'
import { pathText, type PathStep } from './place.ts'
import { didYouMean } from './suggest.ts'
import { readTarget, type TargetReading } from './target.ts'

/** What groups are read with. */
export interface GroupReading extends TargetReading {
  /** The named groups. */
  readonly groups: ReadonlyMap<string, Group>
}

/** The groups of a config, by name. Groups may hold groups, but not themselves: that is an error. */
export function readGroups(section: Json | undefined, reading: TargetReading): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  if (!isObject(section)) return groups
  const open: string[] = []
  const read = new Set<string>()
  const find = (name: string): Group | undefined => {
    if (read.has(name)) return groups.get(name)
    read.add(name)
    open.push(name)
    const group = readGroup(section[name], ['groups', name], name, { ...reading, known, find, open })
    open.pop()
    if (group) groups.set(name, group)
    return group
  }
  const known = (): readonly string[] => Object.keys(section)
  for (const name of Object.keys(section)) {
    if (name.includes(',')) tell(reading, ['groups', name], 'the name of a group holds no comma', undefined, true)
    else find(name)
  }
  return groups
}

/**
 * What a rule uses: `provider,model`, the name of a group, a list of targets, or a group of its own, which gets `id`.
 * `undefined`, and told, if it cannot be used.
 */
export function readUse(
  value: Json | undefined,
  path: readonly PathStep[],
  id: string,
  { groups, ...reading }: GroupReading,
): Group | undefined {
  const finder = { ...reading, known: () => [...groups.keys()], find: (name: string) => groups.get(name), open: [] }
  if (typeof value === 'string' && !value.includes(',')) return findGroup(value, path, finder)
  return readGroup(typeof value === 'string' ? [value] : value, path, id, finder)
}

interface Finder extends TargetReading {
  /** The names of all groups. */
  known(): readonly string[]
  find(name: string): Group | undefined
  /** The groups that are being read, each inside the one before. */
  readonly open: readonly string[]
}

function readGroup(value: Json | undefined, path: readonly PathStep[], id: string, finder: Finder): Group | undefined {
  const fields: JsonObject = Array.isArray(value) ? { targets: value } : isObject(value) ? value : {}
  const list = fields['targets']
  if (!Array.isArray(list)) return undefined
  const where = Array.isArray(value) ? path : [...path, 'targets']
  if (list.length === 0) return tell(finder, where, 'expected at least one target', 'write `["provider,model"]`')
  const before = finder.problems.length
  const members = list.flatMap((item, index) => readMember(item, [...where, index], finder) ?? [])
  const [first] = members
  if (!first || finder.problems.slice(before).some(({ severity }) => severity === 'error')) return undefined
  if (members.every(({ weight }) => weight === 0))
    return tell(finder, where, 'all weights are 0: nobody would be chosen', 'leave the weights out')
  const hasWeights = list.some((item) => isObject(item) && item['weight'] !== undefined)
  const strategy = (asString(fields['strategy']) ?? (hasWeights ? 'weighted' : 'order')) as Strategy
  if (hasWeights && !usesWeights.has(strategy)) finder.problems.push(idleWeights(where, strategy))
  return { id, strategy, isSticky: fields['sticky'] !== false, members }
}

const usesWeights: ReadonlySet<Strategy> = new Set(['weighted', 'least-busy'])

function idleWeights(path: readonly PathStep[], strategy: Strategy) {
  return {
    severity: 'warning' as const,
    path,
    message: `\`${pathText(path)}\`: the strategy \`${strategy}\` knows no weights: they are without effect`,
    suggestion: 'write `"strategy": "weighted"`',
  }
}

function readMember(item: Json, path: readonly PathStep[], finder: Finder): Member | undefined {
  const written = isObject(item) ? item['target'] : item
  const weight = (isObject(item) ? asNumber(item['weight']) : undefined) ?? 1
  const where = isObject(item) ? [...path, 'target'] : path
  const of =
    typeof written === 'string' && !written.includes(',')
      ? findGroup(written, where, finder)
      : readTarget(written, where, finder)
  return of && { of, weight }
}

function findGroup(written: string, path: readonly PathStep[], finder: Finder): Group | undefined {
  const name = written.trim()
  const { open } = finder
  if (open.includes(name)) {
    const circle = [...open.slice(open.indexOf(name)), name].join(' → ')
    return tell(finder, path, `a group cannot hold itself: ${circle}`, 'take it out')
  }
  const names = finder.known()
  if (names.includes(name)) return finder.find(name)
  const owner = finder.providers.find(({ models }) => models.includes(name))
  const meant = owner ? `did you mean \`${owner.name},${name}\`?` : didYouMean(name, names)
  return tell(finder, path, `there is no group \`${name}\`, and "provider,model" has a comma`, meant)
}

function tell(
  { problems }: TargetReading,
  path: readonly PathStep[],
  problem: string,
  suggestion?: string,
  atKey = false,
): undefined {
  problems.push({
    severity: 'error',
    path,
    message: `\`${pathText(path)}\`: ${problem}`,
    ...(suggestion !== undefined && { suggestion }),
    ...(atKey && { atKey }),
  })
}
