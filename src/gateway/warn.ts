import type { Ports } from '../platform/ports.ts'
import { createMemory } from './memory.ts'

/** Logs a warning, unless the same words were logged within the last hour: what is wrong with a config shows in every call. */
export type Warn = (message: string, fields?: Readonly<Record<string, unknown>>) => void

export function createWarn(ports: Pick<Ports, 'log' | 'now'>): Warn {
  const loggedAt = createMemory<number>(mostWarnings)
  return (message, fields) => {
    const last = loggedAt.get(message)
    if (last !== undefined && ports.now() - last < quietMs) return
    loggedAt.set(message, ports.now())
    ports.log('warn', message, fields)
  }
}

const quietMs = 3_600_000
/** Warnings name what clients sent: there is no end to them. */
const mostWarnings = 500
