/** How many tokens a text has, roughly: one pass, no tokenizer. */
export function estimateText(text: string): number {
  let tokens = 0
  let before = other
  for (let index = 0; index < text.length; index++) {
    const kind = kinds[text.charCodeAt(index)] as number
    tokens += weights[before * kindCount + kind] as number
    before = kind
  }
  return tokens
}

const space = 0
const letter = 1
const digit = 2
const mark = 3
const wideLetter = 4
const ideograph = 5
const other = 6
const kindCount = 7

// Fitted to counts of o200k over prose, source code, JSON schemas and 60 languages: the first character of a run of
// its kind, and each further one.
const first = [0.26, 0.12, 1.4, 1.15, 0.31, 0.75, 1.25]
const next = [0.065, 0.142, 0.3, 0.123, 0.214, 0.7, 0.87]

// Tables, so that the loop has no branch: it is three times as fast.
const weights = Float64Array.from({ length: kindCount * kindCount }, (_unused, pair) => {
  const kind = pair % kindCount
  return ((pair - kind) / kindCount === kind ? next[kind] : first[kind]) as number
})
const kinds = new Uint8Array(0x10000)
  .fill(space, 0, 0x21)
  .fill(mark, 0x21, 0x80)
  .fill(digit, 0x30, 0x3a)
  .fill(letter, 0x41, 0x5b)
  .fill(letter, 0x61, 0x7b)
  .fill(wideLetter, 0x80, 0x2000)
  .fill(other, 0x2000)
  .fill(ideograph, 0x2e80, 0xd800)
  .fill(ideograph, 0xf900, 0xfb00)
