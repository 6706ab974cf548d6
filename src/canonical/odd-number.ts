import { endOfString, isEscaped } from './json-string.ts'

/**
 * Whether a number in `text`, which is valid JSON, is spelt otherwise than JavaScript would spell it. Seldom true for what
 * only looks like one at the beginning of a string; never false where there is one.
 */
export function holdsOddNumber(text: string): boolean {
  // `search` takes two thirds of the time that `test` takes.
  return (text.search(LONG) >= 0 && isAnyOdd(text, findLong(text))) || isAnyOdd(text, (from) => findZero(text, from))
}

// An exponent, a fraction, 16 digits or more: what is found most quickly in a long text.
const LONG = /\d[.eE][\d+-]|\d{16}/
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function findLong(text: string): (from: number) => number {
  const long = new RegExp(LONG, 'g')
  return (from) => {
    long.lastIndex = from
    return long.exec(text)?.index ?? -1
  }
}

/** The next `-0` that is not the beginning of more. */
function findZero(text: string, from: number): number {
  let at = text.indexOf('-0', from)
  while (at >= 0 && !isEnd(text, at + 2)) at = text.indexOf('-0', at + 2)
  return at
}

function isAnyOdd(text: string, find: (from: number) => number): boolean {
  // Stands outside strings; all before it has been looked at.
  let from = 0
  for (let at = find(from); at >= 0; at = find(from)) {
    let start = at
    while (start > from && IN_NUMBER.has(text[start - 1] as string)) start--
    let end = at
    while (IN_NUMBER.has(text[end] as string)) end++
    const number = text.slice(start, end)
    const isNumber = NUMBER.test(number) && isEnd(text, end) && isOutside(text, start, from)
    if (isNumber && JSON.stringify(Number(number)) !== number) return true
    from = isNumber ? end : endOfString(text, at) + 1
  }
  return false
}

function isEnd(text: string, at: number): boolean {
  return at === text.length || BEHIND.has(text[at] as string)
}

/** Between a number and the string before it there are but numbers, literals and punctuation. */
function isOutside(text: string, start: number, from: number): boolean {
  let before = start - 1
  while (before >= from && BETWEEN.has(text[before] as string)) before--
  return before < from || (text[before] === '"' && !isEscaped(text, before))
}

const IN_NUMBER: ReadonlySet<string> = new Set('0123456789+-.eE')
const BEHIND: ReadonlySet<string> = new Set(' \t\r\n,]}')
const BETWEEN: ReadonlySet<string> = new Set(' \t\r\n,:[]{}0123456789+-.eEtrufalsn')
