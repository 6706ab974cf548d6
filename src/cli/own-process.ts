/** How many requests to providers may run at once. Bun allows 256 unless its environment says otherwise when it starts. */
const MOST_REQUESTS = '16384'
const LIMIT = 'BUN_CONFIG_MAX_HTTP_REQUESTS'
const DETACHED = 'CCR_DETACHED'

/** What starts this program again. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  // Run from its sources, it is a script of bun.
  return Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, process.argv[1] ?? '']
}

/** The environment of a service in the background. */
export function detachedEnvironment(env: Environment): Record<string, string> {
  return { ...roomyEnvironment(env), [DETACHED]: '1' }
}

/**
 * Starts this program anew in this very process, with room for many requests, if it has not been started so already.
 * Not on Windows, which cannot do that: there only a service in the background has the room.
 */
export function reEnter(args: readonly string[]): void {
  if (process.env[LIMIT] !== undefined || process.platform === 'win32' || !process.execve) return
  const [program, ...script] = ownCommand()
  process.execve(program, [program, ...script, ...args], roomyEnvironment(process.env))
}

/** Reads how this process was started. The marks are not for the programs that it starts, so they are taken away. */
export function takeMarks(): { readonly detached: boolean } {
  const detached = process.env[DETACHED] !== undefined
  delete process.env[LIMIT]
  delete process.env[DETACHED]
  return { detached }
}

type Environment = Readonly<Record<string, string | undefined>>

function roomyEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { [LIMIT]: MOST_REQUESTS, ...Object.fromEntries(kept) }
}
