/** Where answers are kept beyond memory. */
export interface ReplyStore {
  /** The text of a key, unless its time is over. */
  get(key: string): KeptReply | undefined
  set(key: string, kept: KeptReply): void
}

export interface KeptReply {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}
