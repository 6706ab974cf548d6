const DETACHED = 'CCR_DETACHED'

/** What starts this program again. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  // Run from its sources, it is a script of bun.
  return Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, process.argv[1] ?? '']
}

/** The environment of a service in the background. */
export function detachedEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...Object.fromEntries(kept), [DETACHED]: '1' }
}

/** Whether this process is a service in the background. The mark is not for the programs that it starts, so it is taken away. */
export function takeMark(): boolean {
  const isDetached = process.env[DETACHED] !== undefined
  delete process.env[DETACHED]
  return isDetached
}
