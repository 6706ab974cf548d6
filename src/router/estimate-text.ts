/** How many tokens a text has, roughly, in one pass and without a tokenizer. */
export function estimateText(text: string): number {
  let tokens = 0
  let before = other
  let run = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const kind = code < 128 ? (kinds[code] as number) : kindOfWide(code)
    run = kind === before ? run + 1 : 0
    before = kind
    tokens += run === 0 ? (first[kind] as number) : (next[kind] as number)
  }
  return tokens
}

// A word is one token and a little more for each letter; ideographs are nearly one token each.
const letter = 0
const digit = 1
const space = 2
const mark = 3
const wideLetter = 4
const ideograph = 5
const other = 6
const first = [0.68, 0.6, 0.05, 0.62, 0.6, 0.8, 1]
const next = [0.085, 0.34, 0.03, 0.3, 0.3, 0.8, 0.8]

const kinds = Uint8Array.from({ length: 128 }, (_unused, code) => {
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) return letter
  if (code >= 48 && code <= 57) return digit
  return code <= 32 ? space : mark
})

function kindOfWide(code: number): number {
  if (code < 0x2000) return wideLetter
  return (code >= 0x2e80 && code <= 0xd7ff) || (code >= 0xf900 && code <= 0xfaff) ? ideograph : other
}
