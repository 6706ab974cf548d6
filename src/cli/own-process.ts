/** How many requests Bun's `fetch` may run at once in a service. It allows 256 unless its environment says otherwise when it starts. */
const MOST_REQUESTS = '16384'
const LIMIT = 'BUN_CONFIG_MAX_HTTP_REQUESTS'
const DETACHED = 'CCR_DETACHED'

/** What starts this program again. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  // Run from its sources, it is a script of bun.
  return Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, process.argv[1] ?? '']
}

/**
 * The environment of a service in the background. A process in the foreground keeps Bun's 256, unless the user has set the
 * variable, since starting twice would cost everybody time; what goes beyond is asked in a slower way (`src/platform/fetch.ts`).
 */
export function detachedEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { [LIMIT]: MOST_REQUESTS, ...Object.fromEntries(kept), [DETACHED]: '1' }
}

/** Reads how this process was started. The marks are not for the programs that it starts, so they are taken away. */
export function takeMarks(): Marks {
  const detached = process.env[DETACHED] !== undefined
  const limit = Number(process.env[LIMIT])
  delete process.env[LIMIT]
  delete process.env[DETACHED]
  return { detached, mostRequests: Number.isInteger(limit) && limit > 0 ? limit : undefined }
}

/** How this process was started. */
export interface Marks {
  readonly detached: boolean
  /** How many requests Bun lets run at once, where its environment says so. */
  readonly mostRequests: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>
