import type { ModelEvent } from '../../canonical/event.ts'

/**
 * Most chunks of a stream repeat the one before them but for their words. Of such a chunk only the words are read: that
 * costs a fifth of reading its JSON.
 */
export interface Repeat {
  /** The words of a chunk that is in all else like the last one that `note` was told of; `undefined` for any other. */
  wordsOf(data: string): string | undefined
  /** Takes note of a chunk and of all that was read from it. */
  note(data: string, events: readonly ModelEvent[]): void
}

/** Of a stream of which nothing has come yet. */
export function createRepeat(): Repeat {
  let before = ''
  let behind = ''
  let misses = 0
  return {
    wordsOf(data) {
      if (before === '' || !data.startsWith(before) || !data.endsWith(behind)) return undefined
      const words = data.slice(before.length, data.length - behind.length)
      if (data.length < before.length + behind.length || words === '' || NEEDS_JSON.test(words)) return undefined
      misses = 0
      return words
    },
    note(data, events) {
      before = ''
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

/** What ends a JSON string, is spelt otherwise there, or must not be in it. */
const NEEDS_JSON = /["\\\u0000-\u001f]/
const FIELD_START = '"content":"'.length
/** Some vendors put something new into every chunk: there is nothing to be gained. */
const MOST_MISSES = 20
