import { asNumber, isObject, type Json, type JsonObject } from '../../canonical/json.ts'

/** Puts one piece of streamed arguments where its JSON path says; text is added to what stands there. */
export function applyPartialArg(args: JsonObject, piece: JsonObject): void {
  const keys = typeof piece.jsonPath === 'string' ? keysOf(piece.jsonPath) : []
  const last = keys.pop()
  if (last === undefined) return
  let holder: Json[] | JsonObject = args
  for (const [index, key] of keys.entries()) {
    const next = keys[index + 1] ?? last
    const child: Json = get(holder, key) ?? (typeof next === 'number' ? [] : {})
    if (!isObject(child) && !Array.isArray(child)) return
    put(holder, key, child)
    holder = child
  }
  const value = valueOf(piece, get(holder, last))
  if (value !== undefined) put(holder, last, value)
}

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/g
// A list is written from its beginning; an index far beyond its end is a fault, and would cost memory.
const MAX_GAP = 1000

function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(STEP)].map(([, name, index, single, double]) =>
    index === undefined ? (name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1')) : Number(index),
  )
}

function get(holder: Json[] | JsonObject, key: string | number): Json | undefined {
  if (Array.isArray(holder)) return typeof key === 'number' ? holder[key] : undefined
  return Object.hasOwn(holder, key) ? holder[key] : undefined
}

function put(holder: Json[] | JsonObject, key: string | number, value: Json): void {
  if (Array.isArray(holder)) {
    if (typeof key !== 'number' || key > holder.length + MAX_GAP) return
    while (holder.length < key) holder.push(null)
    holder[key] = value
    return
  }
  // `__proto__` is a name like any other.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

function valueOf(piece: JsonObject, before: Json | undefined): Json | undefined {
  if (typeof piece.stringValue === 'string') return (typeof before === 'string' ? before : '') + piece.stringValue
  if (asNumber(piece.numberValue) !== undefined) return piece.numberValue
  if (typeof piece.boolValue === 'boolean') return piece.boolValue
  return 'nullValue' in piece ? null : undefined
}
