/**
 * Cuts a text into short segments, before a word where there is one, so that counting them one by one gives the same
 * sum but for a percent. No segment is long enough for the quadratic time of byte-pair merging to matter.
 */
export function segmentsOf(text: string, into: string[] = []): string[] {
  let start = 0
  while (start < text.length) {
    const end = endOf(text, start)
    into.push(text.slice(start, end))
    start = end
  }
  return into
}

const longest = 128
const shortest = 64
const space = 0x20

function endOf(text: string, start: number): number {
  const limit = start + longest
  if (limit >= text.length) return text.length
  for (let end = limit; end > start + shortest; end--) {
    if (isBlank(text.charCodeAt(end)) && !isBlank(text.charCodeAt(end - 1))) return end
  }
  return isHighSurrogate(text.charCodeAt(limit - 1)) ? limit + 1 : limit
}

function isBlank(code: number): boolean {
  return code <= space
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}
