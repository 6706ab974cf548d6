import type { Case } from './case.ts'

/** What the models of the soak say. */
export const TURN = { text: 'the quick brown fox jumps over the lazy dog '.repeat(8) }
/** What one piece of a large answer says: all of them are more than the sockets on the way hold, so that a slow client is felt. */
export const LARGE_TURN = { text: 'x'.repeat(64 * 1024) }
export const LARGE_PIECES = 24

const LARGE = LARGE_TURN.text.repeat(LARGE_PIECES)

/** All that the model says to `one`. */
export function expectedText({ behaviour }: Case): string {
  return behaviour.startsWith('slow') ? LARGE : TURN.text
}
