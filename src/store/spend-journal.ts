/** Where it is written what calls have taken, and what is held back for those that run. */
export interface SpendJournal {
  /** Whether another process has written since the last `read`. Cheap. */
  hasNews(): boolean
  /** Everything, or only what others have written since; and what is held for the running calls of others. */
  read(isWhole: boolean): { readonly spent: readonly Spent[]; readonly held: readonly HeldElsewhere[] }
  /** A call begins. Written when it returns. */
  hold(call: HeldCall): void
  /** It has ended. Written within a tenth of a second. */
  settle(id: string, spent: readonly Spent[]): void
}

/** What was taken of an account at a time. */
export interface Spent {
  readonly account: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requests: number
  readonly tokens: number
  readonly cost: number
}

export interface HeldElsewhere {
  readonly account: string
  readonly requests: number
  readonly tokens: number
  readonly cost: number
}

/** A running call: what it may take at most of each account, and what counts if its process dies. */
export interface HeldCall {
  readonly id: string
  /** One or two. */
  readonly accounts: readonly string[]
  readonly at: number
  readonly amounts: { readonly requests: number; readonly tokens: number; readonly cost: number }
  readonly least: { readonly requests: number; readonly tokens: number; readonly cost: number }
}
