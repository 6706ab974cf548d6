/** Bytes to and from a server. */
export interface Line {
  /** Sends all of it; what the system does not take at once goes when it does. */
  send(bytes: Uint8Array): void
  /** Whether all has been handed to the system. */
  isSent(): boolean
  pause(): void
  resume(): void
  /** Whether the process stays for it. */
  hold(isHeld: boolean): void
  close(): void
}

/** What a line brings. */
export interface LineListener {
  /** The bytes are the listener's to keep and to change. */
  data(bytes: Uint8Array): void
  /** Once. `cause`: why, unless the other side simply ended. */
  closed(cause: Error | undefined): void
}
