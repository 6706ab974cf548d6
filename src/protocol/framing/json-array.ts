import type { Frame, Step } from '../protocol.ts'

/** Event of the frame that stands for what is left when the input ends before the list is closed. */
export const CUT = 'cut'

/**
 * Bytes → the elements of a top-level JSON array, each as its text. Pieces may end anywhere. An object on its own, as
 * an error comes, is one element. Input that ends early gives a last frame of the event `CUT`.
 */
export function decodeJsonArray(): Step<Uint8Array, Frame> {
  const decoder = new TextDecoder()
  const scanner = createScanner()
  return {
    push: (bytes) => scanner.read(decoder.decode(bytes, { stream: true })),
    end: () => [...scanner.read(decoder.decode()), ...scanner.end()],
  }
}

interface Scanner {
  read(text: string): Frame[]
  end(): Frame[]
}

function createScanner(): Scanner {
  /** The part of an element that came in earlier pieces. */
  let held = ''
  /** Brackets open inside the element. */
  let depth = 0
  let inString = false
  let escaped = false
  let inElement = false
  let inArray = false

  // Elements that are neither objects nor lists end at a comma, a bracket or white space.
  const isEnd = (character: string): boolean =>
    depth === 0 && (character === ',' || character === ']' || SPACE.has(character))

  const step = (character: string): 'inside' | 'last' | 'after' => {
    if (escaped) escaped = false
    else if (inString) {
      if (character === '\\') escaped = true
      else if (character === '"') inString = false
      if (!inString && depth === 0) return 'last'
    } else if (isEnd(character)) return 'after'
    else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') return --depth === 0 ? 'last' : 'inside'
    return 'inside'
  }

  const between = (character: string): void => {
    if (character === '[' && !inArray) inArray = true
    else if (character === ']') inArray = false
    else if (character !== ',' && !SPACE.has(character) && character !== BYTE_ORDER_MARK) inElement = true
  }

  return {
    read(text) {
      const frames: Frame[] = []
      let start = 0
      const finish = (end: number): void => {
        frames.push({ data: held + text.slice(start, end) })
        held = ''
        inElement = false
      }
      for (let index = 0; index < text.length; index++) {
        const character = text[index] as string
        if (!inElement) {
          between(character)
          start = index
          if (!inElement) continue
        }
        const where = step(character)
        if (where === 'inside') continue
        finish(where === 'last' ? index + 1 : index)
        if (where === 'after') between(character)
      }
      if (inElement) held += text.slice(start)
      return frames
    },
    end() {
      if (!inElement && !inArray) return []
      return inElement && !inArray && depth === 0 && !inString ? [{ data: held }] : [{ event: CUT, data: held }]
    },
  }
}

const SPACE: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r'])
const BYTE_ORDER_MARK = '\uFEFF'
