/**
 * The factor by which a target's real counts differ from ours, after one more call; a weighted mean, newer calls
 * counting more. Absent: nothing is known, and this call says nothing.
 */
export function nextFactor(before: number | undefined, estimated: number, inputTokens: number): number | undefined {
  if (!(estimated >= leastTokens) || !(inputTokens > 0) || inputTokens === Infinity) return before
  const seen = inputTokens / estimated
  // Further off than any tokenizer: a provider that does not report what it read from its cache, or whole documents.
  if (seen < 1 / farthest || seen > farthest) return before
  return before === undefined ? seen : before + weight * (seen - before)
}

/** In a short prompt the provider's own preamble is most of what it counts. */
const leastTokens = 1_000
const farthest = 2.5
const weight = 0.25
