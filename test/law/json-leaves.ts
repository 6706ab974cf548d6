import { isObject, type Json } from '../../src/canonical/json.ts'

/** A scalar of a JSON value and where it stands. */
export interface Leaf {
  readonly path: string
  readonly value: Json
}

/**
 * The scalars of `value`. What says nothing is left out: null, empty texts, and `type`, which changes with the spelling.
 * Of a boolean the key is part of the value.
 */
export function leavesOf(value: Json | undefined, path = ''): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, `${path}[${index}]`))
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => leavesOf(item, path === '' ? key : `${path}.${key}`))
  }
  if (value === undefined || value === null || value === '' || path.endsWith('.type')) return []
  return [{ path, value: typeof value === 'boolean' ? `${keyOf(path)}=${value}` : value }]
}

/** Whether `path` is one of `known` or below it. */
export function isBelow(path: string, known: readonly string[]): boolean {
  return known.some((other) => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`))
}

/** The last key of a path. */
export function keyOf(path: string): string {
  return path.split('.').at(-1) ?? path
}
