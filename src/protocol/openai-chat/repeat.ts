import type { ModelEvent } from '../../canonical/event.ts'
import type { Glance } from '../protocol.ts'

/**
 * Most chunks of a stream repeat the one before them but for their words. Of such a chunk only the words are read: that
 * costs a fifth of reading its JSON.
 */
export interface Repeat {
  /** The words of a chunk that is in all else like the last one that `note` was told of; `undefined` for any other. */
  wordsOf(data: string): string | undefined
  /** The same of many that come at once, before they are taken apart. */
  readonly glance: Glance
  /** Takes note of a chunk and of all that was read from it. */
  note(data: string, events: readonly ModelEvent[]): void
}

/** Of a stream of which nothing has come yet. */
export function createRepeat(): Repeat {
  let before = ''
  let behind = ''
  let misses = 0
  let pattern: RegExp | undefined
  let patterns = 0
  return {
    glance(text, start, out) {
      if (before === '' || text.length - start < FLOOD || (!pattern && patterns++ > MOST_PATTERNS)) return start
      pattern ??= patternOf(before, behind)
      const words: string[] = []
      let at = start
      pattern.lastIndex = at
      while (pattern.test(text)) {
        const end = pattern.lastIndex
        words.push(text.slice(at + EVENT_BEFORE.length + before.length, end - behind.length - EVENT_BEHIND.length))
        at = end
      }
      if (words.length === 0) return start
      misses = 0
      out.push({ data: '', words })
      return at
    },
    wordsOf(data) {
      if (before === '' || !data.startsWith(before) || !data.endsWith(behind)) return undefined
      const words = data.slice(before.length, data.length - behind.length)
      if (data.length < before.length + behind.length || words === '' || NEEDS_JSON.test(words)) return undefined
      misses = 0
      return words
    },
    note(data, events) {
      before = ''
      pattern = undefined
      const [event] = events
      if (events.length !== 1 || event?.type !== 'part-delta' || misses > MOST_MISSES) return
      // Of such a chunk there is more to read than its words.
      if (event.logprobs) return
      misses++
      const field = `"content":"${event.text}"`
      const start = data.indexOf(field)
      if (start < 0 || NEEDS_JSON.test(event.text) || data.includes('"content"', start + 1)) return
      before = data.slice(0, start + FIELD_START)
      behind = data.slice(start + field.length - 1)
    },
  }
}

/** One chunk as a server-sent event; what is around its words is matched at the speed of a comparison. */
function patternOf(before: string, behind: string): RegExp {
  const [lead, trail] = [EVENT_BEFORE + before, behind + EVENT_BEHIND].map((text) => RegExp.escape(text))
  return new RegExp(`${lead}[^"\\\\\\u0000-\\u001f]+${trail}`, 'y')
}

const EVENT_BEFORE = 'data: '
const EVENT_BEHIND = '\n\n'
/** In characters: with less, a pattern costs more than it spares. */
const FLOOD = 8192
/** Where chunks take turns in how they look, patterns spare nothing. */
const MOST_PATTERNS = 8

/** What ends a JSON string, is spelt otherwise there, or must not be in it. */
const NEEDS_JSON = /["\\\u0000-\u001f]/
const FIELD_START = '"content":"'.length
/** Some vendors put something new into every chunk: there is nothing to be gained. */
const MOST_MISSES = 20
