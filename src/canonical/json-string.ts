/** Index of the quote that ends the string of the JSON `text` in which `at` stands; the length of the text if none does. */
export function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at)
  // Most quotes end a string.
  while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

/** Whether the quote at `at` is one of a string's own characters, behind a backslash that is none itself. */
export function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

const BACKSLASH = 92
