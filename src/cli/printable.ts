/** A text of somebody else's as one line of a terminal, which obeys what it is sent: control characters stand there by their number. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

// Those of terminals, and the marks that turn the direction of what follows.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
