import type { ModelError } from '../canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../canonical/json.ts'

const UNKNOWN_FIELD =
  /unknown|unrecogni[sz]ed|unsupported|not supported|does(?: not|n't) support|extra|not permitted|not allowed|forbidden|unexpected|additional propert|cannot find field|no such field|deprecated for this model|invalid beta flag/i

/** Where in `body` the field stands that `error` refuses, as its path; `*` stands for any index of an array. */
export function refusedField(error: ModelError, body: JsonObject): string[] | undefined {
  if (!UNKNOWN_FIELD.test(error.message)) return undefined
  for (const words of candidates(error)) {
    const path = locate(body, words)
    if (path) return path
  }
  return undefined
}

/** Names of fields that the provider's words hold, each as its segments, likeliest first. */
function candidates(error: ModelError): string[][] {
  const quoted = [...error.message.matchAll(/['"`‘“]([\w.[\]-]{1,200})['"`’”]/g)].map(([, name]) => name as string)
  const dotted = [...error.message.matchAll(/(?<![\w.])([a-z_]\w*(?:\.\w+|\[\d+\])*)(?=: )/gi)].map(
    ([, name]) => name as string,
  )
  const named = [
    ...error.message.matchAll(/(?<=(?:argument|parameter|field|property|key|supplied|name)s?:? )[\w.]+/gi),
  ].map(([name]) => name)
  const own = error.details.param === undefined ? [] : [error.details.param]
  // Google's: `Unknown name "id" at 'contents[1].parts[0].function_call'`.
  const placed = [...error.message.matchAll(/["']([\w-]{1,200})["'] at ["']([\w.[\]-]{1,300})["']/g)].map(
    ([, name, place]) => `${place}.${name}`,
  )
  return [...own, ...placed, ...dotted, ...quoted, ...named].map((name) => name.split(/[.[\]]+/).filter(Boolean))
}

// Without these a request says nothing, or something else.
const NEEDED = new Set([
  'model',
  'messages',
  'contents',
  'input',
  'role',
  'content',
  'parts',
  'name',
  'text',
  'id',
  'stream',
  'tools',
  'max_tokens',
])

/** Where in `body` the field stands. Words of the provider that are no field (a union's tag, `body`) are passed over. */
function locate(body: JsonObject, words: readonly string[]): string[] | undefined {
  let node: Json | undefined = body
  const path: string[] = []
  let last: string | undefined
  for (const word of words) {
    const index: number = /^\d+$/.test(word) ? Number(word) : -1
    const name: string | undefined = isObject(node) ? nameIn(node, word) : undefined
    if (Array.isArray(node) && index >= 0) {
      node = node[index]
      path.push('*')
    } else if (isObject(node) && name !== undefined) {
      node = node[name]
      path.push(name)
      last = name
    } else last = undefined
  }
  if (last === undefined) return undefined
  // A refused type is a refusal of what has it: `thinking.type: adaptive is not supported`.
  if (last === 'type') path.pop()
  const [holder, field] = path.slice(-2)
  // Calls and results are told by their order where ids are refused.
  if (field === 'id' && (holder === 'functionCall' || holder === 'functionResponse')) return path
  const refused = field ?? holder
  return refused === undefined || refused === '*' || NEEDED.has(refused) ? undefined : path
}

/** A field as it is written in `node`: Google names fields of its JSON as they are called in its own notation. */
function nameIn(node: JsonObject, word: string): string | undefined {
  if (Object.hasOwn(node, word)) return word
  const camel = word.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.hasOwn(node, camel) ? camel : undefined
}

/** `node` without what stands at `path`; the very same value if nothing does. */
export function without(node: Json | undefined, path: readonly string[]): Json | undefined {
  const [head, ...tail] = path
  if (head === undefined) return node
  if (head === '*') return Array.isArray(node) ? mapped(node, (item) => without(item, tail) as Json) : node
  if (!isObject(node) || !Object.hasOwn(node, head)) return node
  if (tail.length === 0) {
    const { [head]: _, ...rest } = node
    return rest
  }
  const inner = without(node[head], tail)
  return inner === node[head] ? node : { ...node, [head]: inner }
}

/** `items` changed one by one; the very same array if none changes. */
export function mapped(items: Json[], change: (item: Json) => Json): Json[] {
  const changed = items.map(change)
  return changed.every((item, index) => item === items[index]) ? items : changed
}
