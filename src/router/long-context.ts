import type { SessionState } from './session.ts'

/** The sizes that decide, in input tokens. */
export interface InputSize {
  /** By the size of the request alone: does not depend on who counts. */
  readonly estimated: number
  /** Corrected by the conversation's last real count. */
  readonly inputTokens: number
}

/**
 * The state of a conversation after a request of this size; `longFrom` in it says that it is long.
 * Once long it stays so until it is clearly smaller, in the real count and than when it became long:
 * two models count the same text differently, and a change of model loses the prompt cache.
 */
export function nextState(size: InputSize, threshold: number, before?: SessionState): SessionState {
  const longFrom = longFromOf(size, threshold, before)
  return {
    estimated: size.estimated,
    ...(before?.ratio !== undefined && { ratio: before.ratio }),
    ...(longFrom !== undefined && { longFrom }),
  }
}

const clearlySmaller = 0.8

function longFromOf(size: InputSize, threshold: number, before?: SessionState): number | undefined {
  const longFrom = before?.longFrom
  if (longFrom === undefined) return size.inputTokens > threshold ? size.estimated : undefined
  const hasShrunk = size.estimated < clearlySmaller * longFrom && size.inputTokens < clearlySmaller * threshold
  return hasShrunk ? undefined : longFrom
}
