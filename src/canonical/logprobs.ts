/** How likely a token was: the natural logarithm of its probability. */
export interface Logprob {
  readonly token: string
  readonly logprob: number
  /** Its number in the model's vocabulary, where the provider tells it. */
  readonly id?: number
  /** Its UTF-8, where the provider tells it; `null`: it has none. */
  readonly bytes?: readonly number[] | null
}

/** A token of an answer, with the likeliest ones at its place if they were asked for. */
export interface TokenLogprob extends Logprob {
  readonly top?: readonly Logprob[]
}

/** A wish to be told how likely the tokens of the answer were. */
export interface LogprobsOption {
  /** How many of the likeliest tokens at each place. Absent: the chosen ones alone. */
  readonly top?: number
}
