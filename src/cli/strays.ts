/** Errors that nobody caught, since `catchStrays`. */
export interface Strays {
  /** From now on they are kept instead of told: the terminal belongs to somebody else. */
  hold(): void
  /** Tells those that were kept, and from now on at once again. */
  release(): void
}

/** Has errors that nobody caught told instead of ending the program: other conversations are still running. */
export function catchStrays(tell: (text: string) => void = console.error): Strays {
  let held: unknown[] | undefined
  const say = (error: unknown): void => tell(`ccr: unexpected error, please report it:\n${Bun.inspect(error)}`)
  const caught = (error: unknown): void => {
    if (!held) say(error)
    else if (held.length < MOST_HELD) held.push(error)
  }
  process.on('unhandledRejection', caught)
  process.on('uncaughtException', caught)
  return {
    hold: () => void (held ??= []),
    release: () => {
      held?.forEach(say)
      held = undefined
    },
  }
}

// The first ones tell what happened; the others would only fill the screen.
const MOST_HELD = 5
