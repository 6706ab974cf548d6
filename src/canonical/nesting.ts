import type { Json } from './json.ts'
import { endOfString } from './json-string.ts'

/** Whether arrays and objects stand more than `limit` deep in a parsed value. */
export function isDeeperThan(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  // One loop over the keys of both takes ten times as long.
  if (Array.isArray(value)) {
    for (const member of value) if (typeof member === 'object' && isDeeperThan(member, limit - 1)) return true
    return false
  }
  for (const key in value) {
    const member = value[key]
    if (typeof member === 'object' && isDeeperThan(member, limit - 1)) return true
  }
  return false
}

/** Whether brackets in the JSON `text` stand more than `limit` deep, without the memory that parsing it would take. */
export function isTextDeeperThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1)
        break
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth++
        if (depth > limit) return true
        break
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--
    }
  }
  return false
}

const QUOTE = 34
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
