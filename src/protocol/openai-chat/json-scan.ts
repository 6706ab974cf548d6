/** How far a text that arrives in pieces has come as one JSON object or array. */
export interface JsonScan {
  depth: number
  inString: boolean
  escaped: boolean
  /** Something stands inside: not just `{}`. */
  filled: boolean
  /** It does not begin as an object or array: where it ends cannot be told. */
  plain: boolean
  complete: boolean
}

/** A scan of nothing yet. */
export function createJsonScan(): JsonScan {
  return { depth: 0, inString: false, escaped: false, filled: false, plain: false, complete: false }
}

/** Reads on; gives the index in `text` behind the value's last bracket, or -1 if it is still open. */
export function scanJson(scan: JsonScan, text: string): number {
  if (scan.plain) return -1
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (scan.inString) scanString(scan, code)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (scan.depth > 0) scan.filled = true
      scan.depth++
    } else if (code > SPACE && scan.depth === 0) {
      scan.plain = scan.filled = true
      return -1
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      scan.depth--
      if (scan.depth > 0) continue
      scan.complete = true
      return index + 1
    } else if (code > SPACE) {
      scan.filled = true
      if (code === QUOTE) scan.inString = true
    }
  }
  return -1
}

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

function scanString(scan: JsonScan, code: number): void {
  if (scan.escaped) scan.escaped = false
  else if (code === BACKSLASH) scan.escaped = true
  else if (code === QUOTE) scan.inString = false
}
