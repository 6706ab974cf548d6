import { readFileSync } from 'node:fs'

/**
 * What tells a running process from a later one of the same number: when it was born. `''` where the system does not say;
 * `undefined`: it does not run, or is dead and only not yet buried.
 */
export function birthOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return isThere(pid) ? '' : undefined
  try {
    // What follows the name, which may hold anything: the state first, and the birth as the twentieth.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '')
  } catch {
    return undefined
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
