/** A piece of an answer: what the model said, or what it thought between its tags. */
export interface Piece {
  readonly type: 'text' | 'reasoning'
  readonly text: string
}

/** Tells thoughts from text in an answer that arrives in pieces of any size. */
export interface ThinkTagSplitter {
  push(text: string): Piece[]
  /** What was held back because it could have become a tag. */
  end(): Piece[]
}

/** A splitter at the beginning of an answer, for `<tag>…</tag>`. A tag inside code is what it is: text. */
export function createThinkTagSplitter(tag = 'think'): ThinkTagSplitter {
  const [open, close] = [`<${tag}>`, `</${tag}>`]
  const token = new RegExp(`</?${tag}>|\`+|\n`, 'g')
  const partial = partialOf(tag)
  let held = ''
  let type: Piece['type'] = 'text'
  // The backticks that opened the code we are in.
  let fence = ''

  const read = (found: string): boolean => {
    if (type === 'reasoning') {
      if (found === close) type = 'text'
      return found === close
    }
    if (found === open && !fence) type = 'reasoning'
    else if (found.startsWith('`')) fence = fence ? afterRun(fence, found) : found
    // Code within a line ends with it, or one stray backtick would hide every tag behind it.
    else if (found === '\n' && fence.length < 3) fence = ''
    return type === 'reasoning'
  }

  const split = (text: string): Piece[] => {
    const pieces: Piece[] = []
    let from = 0
    for (const match of text.matchAll(token)) {
      const before = type
      if (!read(match[0])) continue
      pieces.push({ type: before, text: text.slice(from, match.index) })
      from = match.index + match[0].length
    }
    pieces.push({ type, text: text.slice(from) })
    return pieces.filter((piece) => piece.text !== '')
  }

  return {
    push(text) {
      const all = held + text
      held = partial.exec(all)?.[0] ?? ''
      return split(all.slice(0, all.length - held.length))
    },
    end() {
      const rest = held
      held = ''
      return split(rest)
    },
  }
}

/** The end of a text that may go on to be a token. */
function partialOf(tag: string): RegExp {
  const letters = [...tag].reduceRight((rest, letter) => `(?:${letter}${rest})?`, '')
  return new RegExp(`(?:\`+|</?${letters})$`)
}

/** Code of three and more backticks is closed by as many or more, code within a line by as many. */
function afterRun(fence: string, run: string): string {
  const closes = fence.length >= 3 ? run.length >= fence.length : run.length === fence.length
  return closes ? '' : fence
}
