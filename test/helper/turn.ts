/** What a scripted model says in one turn, in no vendor's words. */
export interface Turn {
  readonly reasoning?: string
  readonly text?: string
  readonly calls?: readonly ScriptedCall[]
  readonly stop?: ScriptedStop
  readonly usage?: ScriptedUsage
}

export interface ScriptedCall {
  readonly name: string
  /** The arguments; a string is sent as it is, so that it may be broken JSON. */
  readonly input: string | Readonly<Record<string, unknown>>
  readonly id?: string
}

export type ScriptedStop = 'end' | 'tool' | 'length' | 'refusal'

/** Disjoint counts, as Anthropic counts: `input` is without what the cache gave. */
export interface ScriptedUsage {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  /** A part of `output`. */
  readonly reasoning: number
}

/** No two of them, nor any sum of two, are equal: a test sees at once which count went where. */
export const USAGE: ScriptedUsage = { input: 1301, cacheRead: 707, cacheWrite: 211, output: 97, reasoning: 43 }
