import type { Target } from '../protocol.ts'
import type { Losses } from '../openai/losses.ts'
import type { ToolNames } from '../openai/tool-names.ts'
import type { Pairs } from '../tool-pairs.ts'

/** What every step of encoding one request looks at. */
export interface Scope {
  readonly target: Target
  /** The client speaks Chat itself: its spelling is kept. */
  readonly own: boolean
  readonly cacheMarks: boolean
  readonly images: boolean
  readonly names: ToolNames
  readonly pairs: Pairs
  readonly losses: Losses
}
