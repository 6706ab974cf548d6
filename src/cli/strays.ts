/** Where errors go that nobody caught: the program says so and goes on, because other conversations are still running. */
export function catchStrays(tell: (error: unknown) => void = tellTerminal): void {
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.removeAllListeners(event)
    process.on(event, tell)
  }
}

function tellTerminal(error: unknown): void {
  console.error(`ccr: unexpected error, please report it:\n${Bun.inspect(error)}`)
}
