/** What a search engine says of a page as plain text: without marks of HTML, in bounded length. */
export function plainText(text: string): string {
  const plain = text
    .slice(0, LONGEST * 2)
    .replaceAll(/<\/?(?:strong|b|em|i|mark|span|br|p)\b[^<>]{0,100}>/gi, '')
    .replaceAll(/&(amp|lt|gt|quot|apos|nbsp|#39|#x27);/g, (_, name: string) => ENTITIES[name] ?? '')
    .trim()
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST).toWellFormed()}…` : plain
}

/** More of one page is no snippet any more. */
const LONGEST = 3000

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
  '#x27': "'",
}
