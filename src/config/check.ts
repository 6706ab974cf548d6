import type { Problem } from './diagnostic.ts'
import { unsetVariables } from './interpolate.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { closest, didYouMean } from './suggest.ts'

/**
 * Everything in `value` that the schema does not allow, as errors, and every key that it does not name, as warnings.
 * `null` counts as absent.
 */
export function checkAgainst(schema: object, value: unknown): Problem[] {
  const problems: Problem[] = []
  check(schema, value, [], problems)
  return problems
}

/** What this file reads of a JSON Schema. */
interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape | readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: Shape | boolean
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly errorMessage?: string
}

function check(shape: Shape, value: unknown, path: readonly PathStep[], problems: Problem[]): void {
  if (shape.anyOf) return checkUnion(shape, shape.anyOf, value, path, problems)
  if (!isOfType(shape, value)) problems.push(mismatch(shape, value, path))
  else if (shape.type === 'object') checkObject(shape, value as Record<string, unknown>, path, problems)
  else if (shape.type === 'array') checkArray(shape, value as unknown[], path, problems)
}

function checkUnion(
  shape: Shape,
  members: readonly Shape[],
  value: unknown,
  path: readonly PathStep[],
  problems: Problem[],
): void {
  if (members.some((member) => fits(member, value))) {
    if (typeof value === 'string' && isVariable(members, value)) problems.push(unset(value, path))
    return
  }
  // What is wrong with an object or a list stands inside, where only one member can be meant.
  const inner = members.find(
    ({ type, items }) => (type === 'object' || isListOf(items)) && types[type ?? '']?.(value, shape),
  )
  if (inner) check(inner, value, path, problems)
  else problems.push(mismatch(shape, value, path))
}

/** Numbers and switches may be variables, which stand there as they are written where they are not set. */
function isVariable(members: readonly Shape[], value: string): boolean {
  return value.trim().startsWith('$') && members.some(({ pattern }) => pattern?.includes('|\\$.+'))
}

function unset(value: string, path: readonly PathStep[]): Problem {
  const [variable] = unsetVariables(value)
  const message = variable === undefined ? 'this names no variable' : `the variable ${variable} is not set`
  return {
    severity: 'warning',
    path,
    message: `${subject(path)}: ${message}, so it has no effect`,
    ...(variable !== undefined && { suggestion: `set it: \`export ${variable}=…\`` }),
  }
}

function fits(shape: Shape, value: unknown): boolean {
  const problems: Problem[] = []
  check(shape, value, [], problems)
  return problems.length === 0
}

function checkArray(shape: Shape, items: readonly unknown[], path: readonly PathStep[], problems: Problem[]): void {
  const { items: inner } = shape
  if (isTuple(inner)) {
    if (items.length !== inner.length) problems.push(mismatch(shape, items, path))
    else for (const [index, member] of inner.entries()) check(member, items[index], [...path, index], problems)
  } else if (inner) for (const [index, item] of items.entries()) check(inner, item, [...path, index], problems)
}

function checkObject(
  shape: Shape,
  value: Readonly<Record<string, unknown>>,
  path: readonly PathStep[],
  problems: Problem[],
): void {
  const known = shape.properties ?? {}
  const further = Object.values(shape.patternProperties ?? {})[0] ?? shape.additionalProperties
  const taken = missing(shape, value, path, problems)
  for (const key of Object.keys(value)) {
    const inner = Object.hasOwn(known, key) ? known[key] : further
    const item = value[key]
    if (typeof inner === 'object') {
      if (item !== null || shape.required?.includes(key)) check(inner, item, [...path, key], problems)
    } else if (inner !== true && !taken.has(key)) {
      const problem = unknownKey(key, Object.keys(known), path)
      problems.push(inner === false ? notAllowed(problem, path) : problem)
    }
  }
}

/** Reports the required keys that are not there; returns the unknown keys that were probably meant to be one of them. */
function missing(
  shape: Shape,
  value: Readonly<Record<string, unknown>>,
  path: readonly PathStep[],
  problems: Problem[],
): Set<string> {
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(shape.properties ?? {}, key))
  const taken = new Set<string>()
  for (const key of shape.required ?? []) {
    if (Object.hasOwn(value, key)) continue
    const near = unknown.find((candidate) => !taken.has(candidate) && meant(candidate, [key]) === key)
    if (near) taken.add(near)
    problems.push(
      near
        ? {
            severity: 'error',
            path: [...path, near],
            atKey: true,
            message: `${subject(path)}: expected the key \`${key}\`, found \`${near}\``,
            suggestion: `did you mean \`${key}\`?`,
          }
        : {
            severity: 'error',
            path,
            message: `${subject(path)}: the key \`${key}\` is missing`,
            suggestion: `add \`"${key}": "…"\``,
          },
    )
  }
  return taken
}

function unknownKey(key: string, known: readonly string[], path: readonly PathStep[]): Problem {
  const near = meant(key, known)
  return {
    severity: 'warning',
    path: [...path, key],
    atKey: true,
    message: `unknown key \`${pathText([...path, key])}\` is kept, without effect`,
    ...(near ? { suggestion: `did you mean \`${near}\`?` } : {}),
  }
}

/** Where to leave something out would change the meaning of the rest. */
function notAllowed(problem: Problem, path: readonly PathStep[]): Problem {
  const key = problem.path.at(-1)
  return { ...problem, severity: 'error', message: `${subject(path)}: there is no key \`${key}\`` }
}

/** The known key that an unknown one stands for: what other programs call it, or the nearest by spelling. */
export function meant(key: string, known: readonly string[]): string | undefined {
  const plain = key.toLowerCase().replaceAll(/[-_]/g, '')
  return (
    known.find((name) => name.toLowerCase().replaceAll('_', '') === plain || otherNames[name]?.includes(plain)) ??
    closest(key, known)
  )
}

const otherNames: Readonly<Record<string, readonly string[]>> = {
  api_base_url: ['baseurl', 'apibase', 'apiurl', 'url', 'endpoint', 'base', 'api', 'host'],
  api_key: ['key', 'token', 'authtoken', 'apitoken'],
  name: ['id', 'provider', 'title'],
  models: ['model', 'modellist'],
  transformer: ['transformers', 'dialect', 'dialects'],
  headers: ['extraheaders', 'customheaders'],
  contextWindow: ['contextlength', 'contextsize', 'context', 'maxcontext', 'maxcontexttokens', 'window'],
  maxOutputTokens: ['maxtokens', 'maxcompletiontokens', 'maxoutput', 'outputlimit'],
  baseUrl: ['apibaseurl', 'apibase', 'apiurl', 'url', 'endpoint', 'base', 'api', 'host'],
  apiKey: ['key', 'token', 'authtoken', 'apitoken'],
  type: ['protocol', 'kind', 'format', 'provider'],
  defaultEndpoint: ['defaultprovider'],
  logLevel: ['loglevel'],
  PROXY_URL: ['proxy', 'httpproxy'],
  APIKEY: ['key', 'authtoken'],
  Router: ['routes', 'routing'],
  PORT: ['serviceport'],
}

function isOfType(shape: Shape, value: unknown): boolean {
  if (shape.const !== undefined) return value === shape.const
  const test = shape.type === undefined ? undefined : types[shape.type]
  return test === undefined || test(value, shape)
}

const types: Readonly<Record<string, (value: unknown, shape: Shape) => boolean>> = {
  string: (value, { pattern, minLength = 0 }) =>
    typeof value === 'string' &&
    value.trim().length >= minLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(value)),
  integer: (value, { minimum = -Infinity, maximum = Infinity }) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
  number: (value, { minimum = -Infinity, maximum = Infinity }) =>
    Number.isFinite(value) && (value as number) >= minimum && (value as number) <= maximum,
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

function mismatch(shape: Shape, value: unknown, path: readonly PathStep[]): Problem {
  const expected = shape.errorMessage ?? `expected ${expectation(shape)}`
  const suggestion = repair(shape, value)
  return {
    severity: 'error',
    path,
    message: `${subject(path)}: ${expected}, found ${kindOf(value)}`,
    ...(suggestion ? { suggestion } : {}),
  }
}

function expectation(shape: Shape): string {
  if (shape.anyOf) return shape.anyOf.map(expectation).join(' or ')
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  return names[shape.type ?? ''] ?? 'something else'
}

const names: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list `[…]`',
  object: 'an object `{…}`',
}

/** What a value is, without saying it: it may be a key. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'a text'
  if (typeof value === 'number') return `the number ${value}`
  return typeof value === 'boolean' ? `\`${value}\`` : 'an object'
}

function repair(shape: Shape, value: unknown): string | undefined {
  if (shape.type === 'array' && !Array.isArray(value) && value !== null && !isTuple(shape.items))
    return 'put it in brackets: `[…]`'
  if (shape.type === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return `write \`"${value}"\``
  if (shape.anyOf?.some(({ items }) => isTuple(items)) && typeof value === 'object')
    return 'write a name with options as a list in the list: `[["name", { … }]]`'
  const choices = shape.anyOf?.map((member) => member.const).filter((choice) => typeof choice === 'string') ?? []
  if (typeof value === 'string' && choices.length > 0) return didYouMean(value, choices)
  return undefined
}

function isListOf(items: Shape['items']): boolean {
  return items !== undefined && !isTuple(items)
}

function isTuple(items: Shape['items']): items is readonly Shape[] {
  return Array.isArray(items)
}

function subject(path: readonly PathStep[]): string {
  return path.length === 0 ? 'the file' : `\`${pathText(path)}\``
}
