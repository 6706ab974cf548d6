import { defineCommand } from 'citty'
import { DEFAULT_DRAIN_MS } from '../config/resolve.ts'
import { userConfigHome } from './home.ts'
import { awaitEnd, endInstance } from './instance/end.ts'
import { findInstances, type Found } from './instance/find.ts'
import { reachable } from './instance/ask.ts'
import type { RunFile } from './instance/run-file.ts'
import { readSecret } from './instance/secret.ts'
import { configuredPort, selectService } from './instance/select.ts'
import { readPort } from './start-options.ts'

/** `ccr stop`: ends a service of this user, when its running calls have ended. */
export const stop = defineCommand({
  meta: { name: 'stop', description: 'End the service; running calls may take a while (`drain`, 30 s)' },
  args: {
    port: { type: 'string', valueHint: 'N', description: 'The port of the service, if several run' },
    now: { type: 'boolean', description: 'Cut running calls' },
  },
  async run({ args }) {
    const service = await findService('ccr stop', args.port === undefined ? undefined : readPort(args.port, 'ccr stop'))
    if (!service.found) {
      if (service.ending.length > 0) return awaitEnds(service.ending, args.now === true)
      const obstacle = service.silence ?? (await strangerAt(service.url))
      console.log(obstacle ?? 'ccr: no service of yours runs')
      return obstacle === undefined ? 0 : 1
    }
    return endService(service.found, service.secret, args.now === true)
  },
})

/** Where a service cannot write what it is known by, it may be all the same the one that is meant. */
async function strangerAt(url: string): Promise<string | undefined> {
  const { describeStranger } = await import('./instance/taken-port.ts')
  const stranger = await describeStranger(url)
  return stranger && `ccr: no service that is known to be yours runs, but ${stranger}`
}

/** A service of this user, if one runs. */
export interface Search {
  /** Where one was looked for besides the noted ones. */
  readonly url: string
  readonly found: Found | undefined
  readonly secret: string
  /** What holds a noted port and does not answer. */
  readonly silence?: string
  /** Those that have begun to end. */
  readonly ending: readonly RunFile[]
}

/** Looks for the service that `port` or the config names, or that is the only one. */
export async function findService(command: string, port: number | undefined): Promise<Search> {
  const configHome = userConfigHome()
  const secret = readSecret(configHome)
  const usual = configuredPort(configHome, process.env)
  const url = reachable('127.0.0.1', port ?? usual)
  const { found, silent, ending } = await findInstances(configHome, secret, [url])
  const services = found.filter(({ kind }) => kind === 'service')
  const stuck = silent.filter(({ kind }) => kind === 'service')
  const selected = selectService(services, command, port, usual)
  return {
    url,
    found: selected,
    secret: secret ?? '',
    ending: ending.filter((each) => each.kind === 'service' && (port === undefined || each.url.endsWith(`:${port}`))),
    ...(stuck.length > 0 && !selected && { silence: `ccr: ${stuck.map(describeSilent).join('; ')}` }),
  }
}

/** Ends a service and says what was done. Gives the exit code. */
export async function endService(service: Found, secret: string, isNow: boolean): Promise<number> {
  const { url, who, about } = service
  const running = Number(about['running'] ?? 0)
  // One of an earlier version does not say.
  const drainMs = Number(about['drainMs'] ?? DEFAULT_DRAIN_MS)
  if (running > 0 && !isNow)
    console.log(
      `ccr: waiting for ${running} running ${running === 1 ? 'call' : 'calls'}, at most ${Math.ceil(drainMs / 1000)} s (\`kill ${who.pid}\` cuts them)`,
    )
  const end = await endInstance(service, secret, isNow, drainMs)
  if (end === undefined) {
    console.error(`ccr: the service at ${url} (pid ${who.pid}) did not end; \`kill -9 ${who.pid}\` ends it at once`)
    return 1
  }
  console.log(`ccr: the service at ${url} (pid ${who.pid}) has ended${end === 'signal' ? ', by a signal' : ''}`)
  return 0
}

/** Waits for services that have begun to end, and says what became of them. Gives the exit code. */
async function awaitEnds(services: readonly RunFile[], isNow: boolean): Promise<number> {
  if (!isNow) for (const service of services) console.log(`ccr: ${describeEnding(service)}`)
  const ends = await Promise.all(services.map((service) => awaitEnd(service, isNow)))
  services.forEach(({ url, pid }, index) => {
    if (ends[index]) console.log(`ccr: the service at ${url} (pid ${pid}) has ended`)
    else console.error(`ccr: the service at ${url} (pid ${pid}) did not end; \`kill -9 ${pid}\` ends it at once`)
  })
  return ends.every(Boolean) ? 0 : 1
}

/** What is known of a service that lets its calls end. */
export function describeEnding({ url, pid, ending }: RunFile): string {
  const seconds = Math.max(0, Math.ceil(((ending?.until ?? 0) - Date.now()) / 1000))
  // Where the system does not tell one process from another, its user has to look himself.
  const remedy = ending?.birth ? 'ccr stop --now' : `kill ${pid}`
  return `the service that was at ${url} (pid ${pid}) is ending: it waits for its running calls, at most ${seconds} s (\`${remedy}\` cuts them)`
}

/** What is known of a service that takes connections and says nothing. */
export function describeSilent({ url, pid }: { readonly url: string; readonly pid: number }): string {
  return `what listens at ${url} does not answer; it was pid ${pid} when it started (a program stopped by Ctrl+Z goes on with \`kill -CONT ${pid}\`)`
}
