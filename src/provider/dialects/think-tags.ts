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

/** A splitter at the beginning of an answer. A tag inside code is what it is: text. */
export function createThinkTagSplitter(): ThinkTagSplitter {
  let held = ''
  let type: Piece['type'] = 'text'
  // The backticks that opened the code we are in.
  let fence = ''

  const read = (token: string): boolean => {
    if (type === 'reasoning') {
      if (token === CLOSE) type = 'text'
      return token === CLOSE
    }
    if (token === OPEN && !fence) type = 'reasoning'
    else if (token.startsWith('`')) fence = fence ? afterRun(fence, token) : token
    // Code within a line ends with it, or one stray backtick would hide every tag behind it.
    else if (token === '\n' && fence.length < 3) fence = ''
    return type === 'reasoning'
  }

  const split = (text: string): Piece[] => {
    const pieces: Piece[] = []
    let from = 0
    for (const match of text.matchAll(TOKEN)) {
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
      held = PARTIAL.exec(all)?.[0] ?? ''
      return split(all.slice(0, all.length - held.length))
    },
    end() {
      const rest = held
      held = ''
      return split(rest)
    },
  }
}

const OPEN = '<think>'
const CLOSE = '</think>'
const TOKEN = /<\/?think>|`+|\n/g
/** The end of a text that may go on to be a token. */
const PARTIAL = /(?:`+|<\/?(?:t(?:h(?:i(?:nk?)?)?)?)?)$/

/** Code of three and more backticks is closed by as many or more, code within a line by as many. */
function afterRun(fence: string, run: string): string {
  const closes = fence.length >= 3 ? run.length >= fence.length : run.length === fence.length
  return closes ? '' : fence
}
