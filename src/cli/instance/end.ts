import { readFileSync } from 'node:fs'
import { askOf, askWho } from './ask.ts'
import { birthOf } from '../../store/process-birth.ts'
import type { Found } from './find.ts'
import type { RunFile } from './run-file.ts'

/** What an end takes besides what running calls may take. */
const MARGIN_MS = 3_000
const LOOK_MS = 20

/** How an instance came to its end; `undefined`: it goes on. */
export type End = 'asked' | 'signal' | undefined

/**
 * Asks an instance to end and waits until its process is gone. One that does not obey gets SIGTERM: its pid comes from
 * the instance itself, which has proved to be this user's, and not from a file. `drainMs`: how long its calls may go on.
 */
export async function endInstance({ url, who }: Found, secret: string, isNow: boolean, drainMs: number): Promise<End> {
  const patience = (isNow ? 0 : drainMs) + MARGIN_MS
  // The nonce of the search may be old by now.
  const again = await askWho(url, secret)
  if (again.type === 'nobody') return (await isGone(who.pid, patience)) ? 'asked' : undefined
  if (again.type === 'own' && again.instance === who.instance) {
    const request = { role: 'stop', ...(isNow && { query: '?now' }) } as const
    const reply = await askOf(url, secret, again, request)
    if (reply !== undefined && (await isGone(who.pid, patience))) return 'asked'
  }
  if (!signal(who.pid, 'SIGTERM')) return 'asked'
  if (await isGone(who.pid, MARGIN_MS)) return 'signal'
  return isNow && signal(who.pid, 'SIGKILL') && (await isGone(who.pid, MARGIN_MS)) ? 'signal' : undefined
}

/**
 * Waits until an instance is gone that has begun to end; `isNow`: has it cut its calls. Its pid comes from a file, so it is
 * signalled only where the system can tell its process from a later one.
 */
export async function awaitEnd({ pid, ending }: RunFile, isNow: boolean): Promise<boolean> {
  const { birth = '', until = 0 } = ending ?? {}
  // What has begun to end cuts its calls at the next signal.
  const isCut = isNow && birth !== '' && birthOf(pid) === birth && signal(pid, 'SIGTERM')
  return isGone(pid, (isCut ? 0 : Math.max(0, until - Date.now())) + MARGIN_MS)
}

async function isGone(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (signal(pid, 0) && !isDefunct(pid)) {
    if (performance.now() > deadline) return false
    await Bun.sleep(LOOK_MS)
  }
  return true
}

/** A process that has ended and whose parent has not asked how, which in a container may be never. */
function isDefunct(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** False: there is no such process, or none that this user may reach. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
