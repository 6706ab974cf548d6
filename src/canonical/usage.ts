/** Tokens of one call, in disjoint counts. Absent: the provider did not say. */
export interface Usage {
  /** Prompt tokens that were neither read from nor written to a cache. */
  readonly input?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** Generated tokens, reasoning included. */
  readonly output?: number
  /** The part of `output` that was reasoning. */
  readonly reasoning?: number
}

/** All prompt tokens, cached or not. */
export function promptTokens(usage: Usage): number {
  return (usage.input ?? 0) + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0)
}

/** Later counts replace earlier ones: providers report running totals. */
export function mergeUsage(earlier: Usage | undefined, later: Usage): Usage {
  return earlier ? { ...earlier, ...later } : later
}

/** The tokens of two calls together. */
export function addUsage(one: Usage | undefined, other: Usage): Usage {
  const sum: { -readonly [Count in keyof Usage]: Usage[Count] } = { ...one }
  for (const name of COUNTS) {
    const added = other[name]
    if (added !== undefined) sum[name] = (sum[name] ?? 0) + added
  }
  return sum
}

const COUNTS = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const
