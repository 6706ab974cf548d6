/** How many requests to providers may run at once. Bun allows 256 unless its environment says otherwise when it starts. */
const MOST_REQUESTS = '16384'
const LIMIT = 'BUN_CONFIG_MAX_HTTP_REQUESTS'
const DETACHED = 'CCR_DETACHED'

/** What starts this program again. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  // Run from its sources, it is a script of bun.
  return Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, process.argv[1] ?? '']
}

/**
 * The environment of a service in the background. Bun reads how many requests may run at once when it starts: a process
 * in the foreground keeps its 256, unless the user has set the variable, since starting twice would cost everybody time.
 */
export function detachedEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { [LIMIT]: MOST_REQUESTS, ...Object.fromEntries(kept), [DETACHED]: '1' }
}

/** Reads how this process was started. The marks are not for the programs that it starts, so they are taken away. */
export function takeMarks(): { readonly detached: boolean } {
  const detached = process.env[DETACHED] !== undefined
  delete process.env[LIMIT]
  delete process.env[DETACHED]
  return { detached }
}

type Environment = Readonly<Record<string, string | undefined>>
