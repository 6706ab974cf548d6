import { NOTHING, plus, SPANS, type Amounts, type SpanName, type Spendable } from './limits.ts'

/** What has been spent within spans that end now. */
export interface Meter {
  add(at: number, amounts: Amounts): void
  spent(span: SpanName, now: number): Amounts
  /** When `excess` of it will have left the span; `undefined`: never. */
  freeAt(span: SpanName, of: Spendable, excess: number, now: number): number | undefined
}

/** Counts in pieces of each span, so that its size does not depend on how much is counted. */
export function createMeter(): Meter {
  const windows = new Map<SpanName, Window>()
  for (const name of Object.keys(SPANS) as SpanName[]) windows.set(name, { sum: NOTHING, pieces: new Map() })
  const windowAt = (name: SpanName, now: number): Window => {
    const window = windows.get(name) as Window
    forget(window, name, now)
    return window
  }
  return {
    add(at, amounts) {
      for (const [name, window] of windows) {
        const start = Math.floor(at / SPANS[name].pieceMs) * SPANS[name].pieceMs
        window.pieces.set(start, plus(window.pieces.get(start) ?? NOTHING, amounts))
        window.sum = plus(window.sum, amounts)
      }
    },
    spent: (name, now) => windowAt(name, now).sum,
    freeAt(name, of, excess, now) {
      let left = excess
      for (const [start, amounts] of [...windowAt(name, now).pieces].toSorted(([one], [other]) => one - other)) {
        left -= amounts[of]
        if (left <= DUST) return endOf(name, start)
      }
      return undefined
    },
  }
}

interface Window {
  sum: Amounts
  readonly pieces: Map<number, Amounts>
}

/** What sums of fractions of a currency are off by. */
const DUST = 1e-9

function endOf(name: SpanName, start: number): number | undefined {
  const { ms, pieceMs } = SPANS[name]
  return Number.isFinite(ms) ? start + pieceMs + ms : undefined
}

function forget(window: Window, name: SpanName, now: number): void {
  let isChanged = false
  for (const start of window.pieces.keys()) {
    const end = endOf(name, start)
    // Pieces are told in the order of time, but for those of other processes, which come late and go with the next.
    if (end === undefined || end > now) break
    window.pieces.delete(start)
    isChanged = true
  }
  // Added up anew: taking away would leave fractions behind.
  if (isChanged) window.sum = [...window.pieces.values()].reduce(plus, NOTHING)
}
