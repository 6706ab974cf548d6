import { version } from '../version.ts'
import { randomText } from '../../server/proof.ts'
import type { Instance } from '../../server/instance.ts'
import { birthOf } from '../../store/process-birth.ts'
import { type Kind, removeRunFile, type RunFile, writeRunFile } from './run-file.ts'
import { makeSecret } from './secret.ts'

/** How a router of this process can be found and stopped by other commands of the same user. */
export interface Presence {
  readonly instance: Instance
  /** Notes that the instance answers at `url`. */
  announce(url: string): void
  /** Notes that it answers no more, and ends `drainMs` from now at the latest. */
  leave(drainMs: number): void
  withdraw(): void
}

export interface PresenceOptions {
  readonly kind: Kind
  readonly configHome: string
  readonly describe: (run?: string) => object
  readonly stop: Instance['stop']
  /** Hears why others cannot find it. */
  readonly tell: (problem: string) => void
}

/** Makes an instance of this user. Where the config's folder cannot be written it works, and cannot be found. */
export function createPresence({ kind, configHome, describe, stop, tell }: PresenceOptions): Presence {
  const id = `${Date.now().toString(36)}-${randomText(9)}`
  const startedAt = Date.now()
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act()
    } catch (error) {
      tell(`${configHome} cannot be written (${codeOf(error)}): ${consequence[kind]}`)
      return undefined
    }
  }
  let noted: RunFile | undefined
  const secret = attempt(() => makeSecret(configHome))
  return {
    instance: {
      id,
      ...(secret !== undefined && { secret }),
      describe: (run) => ({ kind, version, pid: process.pid, startedAt, ...describe(run) }),
      stop,
    },
    announce(url) {
      if (secret === undefined) return
      const file = { instance: id, kind, url, pid: process.pid }
      noted = file
      attempt(() => writeRunFile(configHome, file))
    },
    leave(drainMs) {
      const ending = { birth: birthOf(process.pid) ?? '', until: Date.now() + drainMs }
      const file = noted && { ...noted, ending }
      if (file) attempt(() => writeRunFile(configHome, file))
    },
    withdraw: () => removeRunFile(configHome, id),
  }
}

const consequence: Readonly<Record<Kind, string>> = {
  service: '`ccr status` and `ccr stop` may not find this service; Ctrl+C or `kill` stops it',
  code: '`ccr status` does not see this run',
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
}
