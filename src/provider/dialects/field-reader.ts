/** Reads the string value of one field of a JSON object that arrives in pieces. */
export interface FieldReader {
  /** What of the value has become known. */
  push(text: string): string
  /** The rest; where the text turns out to be no such object, all of it. */
  end(): string
}

/** A reader for `{"name": "…"}`. The value is given out as it comes, whole characters at a time. */
export function createFieldReader(name: string): FieldReader {
  const head = new RegExp(`^\\s*\\{\\s*"${name}"\\s*:\\s*"`)
  let held = ''
  let state: 'before' | 'inside' | 'behind' = 'before'

  const read = (): string => {
    const [whole = ''] = CHARACTERS.exec(held) ?? []
    const rest = held.slice(whole.length)
    if (rest.startsWith('"')) state = 'behind'
    // A surrogate waits for its other half.
    const half = /(?:[\uD800-\uDBFF]|\\u[dD][89abAB][0-9a-fA-F]{2})$/.exec(whole.slice(-6))?.[0] ?? ''
    const told = whole.slice(0, whole.length - half.length)
    held = state === 'behind' ? '' : half + rest
    return unescaped(state === 'behind' ? whole : told)
  }

  return {
    push(text) {
      if (state === 'behind') return ''
      held += text
      if (state === 'before') {
        const start = head.exec(held)?.[0]
        if (start === undefined) return ''
        held = held.slice(start.length)
        state = 'inside'
      }
      return read()
    },
    end() {
      const rest = held
      held = ''
      if (state === 'before') return valueOf(rest, name)
      return state === 'inside' ? unescaped(rest.replace(/\\u?[0-9a-fA-F]{0,3}$/, '')) : ''
    },
  }
}

/** Plain characters and whole escapes, up to the quote that ends the value. */
const CHARACTERS = /^(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*/

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** Models put line breaks into strings as they are: `JSON.parse` would refuse them. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^u]))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

function valueOf(text: string, name: string): string {
  try {
    const value: unknown = JSON.parse(text)
    const field = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
    return typeof field === 'string' ? field : Object.keys(value ?? {}).length === 0 ? '' : text
  } catch {
    return text
  }
}
