/** Whether arrays and objects stand more than `limit` deep in a parsed value. Never recursive. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: object[] = typeof value === 'object' && value !== null ? [value] : []
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true
    const inner: object[] = []
    for (const node of level) {
      // Most members are strings: looking at them costs less than reading their text again.
      for (const key in node) {
        const member: unknown = (node as Record<string, unknown>)[key]
        if (typeof member === 'object' && member !== null) inner.push(member)
      }
    }
    level = inner
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
        at = endOfString(text, at)
        // Without an end there is nothing behind it.
        if (at < 0) return false
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
const BACKSLASH = 92
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** Index of the quote that ends the string which starts at `start`, or -1. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}
