import { isObject, parseJson, type Json } from '../../canonical/json.ts'

/**
 * `text` as JSON of an object, where it is nearly that: JSON5, Python's words, a fence around it, line breaks inside
 * strings, quotes or brackets that were never closed. The very same text if it is JSON already; nothing if it cannot
 * be told what was meant.
 */
export function repairJson(text: string): string | undefined {
  if (text.trim() === '') return text
  try {
    return isObject(parseJson(text)) ? text : undefined
  } catch {
    return repaired(text)
  }
}

function repaired(text: string): string | undefined {
  const reader = createReader(unfenced(text))
  try {
    const value = reader.value(0)
    return isObject(value) && reader.isAtEnd() ? JSON.stringify(value) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function unfenced(text: string): string {
  const fenced = /^\s*```\w*\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1]
  return fenced ?? text
}

interface Reader {
  value(depth: number): Json
  isAtEnd(): boolean
}

const DEEPEST = 200

function createReader(text: string): Reader {
  let at = 0

  const fail = (): never => {
    throw new SyntaxError(`at ${at}`)
  }
  const skip = (): void => {
    GAP.lastIndex = at
    at += GAP.exec(text)?.[0].length ?? 0
  }
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }

  /** Models forget to escape quotes: one ends the string only where the grammar goes on behind it. */
  const string = (quote: string): string => {
    let out = ''
    for (at++; at < text.length;) {
      const letter = text[at] as string
      if (letter === '\\') out += escape()
      else if (letter === quote && endsString(at + 1)) {
        at++
        return out
      } else {
        out += letter
        at++
      }
    }
    return out
  }
  const endsString = (from: number): boolean => {
    FOLLOWS.lastIndex = from
    return FOLLOWS.test(text)
  }
  const escape = (): string => {
    const code = take(/\\u[0-9a-fA-F]{4}/y)
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code.slice(2), 16))
    const letter = text[at + 1] ?? ''
    at += 2
    return letter === '\n' ? '' : (ESCAPES[letter] ?? letter)
  }

  const key = (): string => {
    const quote = text[at]
    if (quote === '"' || quote === "'") return string(quote)
    return take(/[\p{L}_$][\p{L}\p{N}_$-]*/uy) ?? fail()
  }
  const object = (depth: number): Json => {
    const pairs: [string, Json][] = []
    for (at++; ;) {
      skip()
      if (at >= text.length) break
      if (text[at] === '}') {
        at++
        break
      }
      const name = key()
      skip()
      if (text[at] !== ':') fail()
      at++
      pairs.push([name, value(depth + 1)])
      skip()
      if (text[at] === ',') at++
    }
    return Object.fromEntries(pairs)
  }
  const array = (depth: number): Json => {
    const items: Json[] = []
    for (at++; ;) {
      skip()
      if (at >= text.length) break
      if (text[at] === ']') {
        at++
        break
      }
      // A list that was not closed ends with the object around it.
      if (text[at] === '}') break
      items.push(value(depth + 1))
      skip()
      if (text[at] === ',') at++
    }
    return items
  }
  const scalar = (): Json => {
    const number = take(/[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y)
    if (number !== undefined) return Number(number.replace(/^\+/, ''))
    const word = take(/[A-Za-z]+/y)
    return word !== undefined && word in WORDS ? (WORDS[word] as Json) : fail()
  }
  const value = (depth: number): Json => {
    if (depth > DEEPEST) fail()
    skip()
    const letter = text[at]
    if (letter === '{') return object(depth)
    if (letter === '[') return array(depth)
    return letter === '"' || letter === "'" ? string(letter) : scalar()
  }

  return {
    value,
    isAtEnd() {
      skip()
      // One bracket too many says nothing.
      take(/[\]}]*/y)
      skip()
      return at >= text.length
    },
  }
}

/** White space and comments. */
const GAP = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
/** What may stand behind a string. */
const FOLLOWS = /\s*(?:[,:}\]]|$)/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
const WORDS: Readonly<Record<string, Json>> = {
  true: true,
  false: false,
  null: null,
  True: true,
  False: false,
  None: null,
  undefined: null,
  NaN: null,
}
