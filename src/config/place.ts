/** A step into a JSON value: a key or an index. */
export type PathStep = string | number

/** Counted from 1, as editors do. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Offsets in the text; `end` is the first one behind. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** `Providers[0].name`, as a person would write it. */
export function pathText(path: readonly PathStep[]): string {
  return path.map(stepText).join('')
}

/** Line and column of an offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const lines = before.split(/\r\n|[\n\r]/)
  return { line: lines.length, column: (lines.at(-1) ?? '').replace(/^\ufeff/, '').length + 1 }
}

function stepText(step: PathStep, index: number): string {
  if (typeof step === 'number') return `[${step}]`
  if (!plainName.test(step)) return `[${JSON.stringify(step)}]`
  return index === 0 ? step : `.${step}`
}

const plainName = /^[\p{L}_$][\p{L}\p{N}_$]*$/u
