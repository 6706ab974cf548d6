import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { formatDiagnostic } from '../config/diagnostic.ts'
import type { Loaded } from '../config/load-user-code.ts'
import type { Log, Ports } from '../platform/ports.ts'
import type { Instance } from '../server/instance.ts'
import type { UsageStore } from '../store/usage-store.ts'
import { userConfigHome, userHome } from './home.ts'
import { redactedLog } from './redacted-log.ts'
import { createState } from './state.ts'
import { createUserCodeLoader } from './user-code.ts'
import { version } from './version.ts'

/** A router that runs in this process. */
export interface Router {
  readonly port: number
  /** Base URL for clients, without a slash at the end. */
  readonly url: string
  /** How many requests are being answered. */
  running(): number
  /** What is left alone because it fails. */
  resting(): readonly object[]
  /** Calls from now on see this config, whole; those that run end on the one they began with. */
  use(config: Config): Promise<void>
  /** Takes no more calls, lets running ones end for at most `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>
}

export interface RouterOptions {
  readonly config: Config
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly log: Log
  /** Hears of each call that has ended. */
  readonly usage: UsageStore
  /** Hears of modules of the user that are not served. Default: the log. */
  readonly tell?: (problem: string) => void
  /** Absent: no other command sees it. */
  readonly instance?: Instance
}

/** Serves the gateway in this process. Rejects with the error of the system if it cannot listen. */
export async function startRouter(options: RouterOptions): Promise<Router> {
  const { config: first, log, usage, tell, ...rest } = options
  const [{ serve }, { bunPorts }, { overridesOf }, { createOriginStore }, { createResponseStore }] = await Promise.all([
    import('../server/serve.ts'),
    import('../platform/bun.ts'),
    import('./overrides-of.ts'),
    import('../store/origins.ts'),
    import('../store/responses.ts'),
  ])
  const home = userConfigHome()
  const origins = createOriginStore(join(home, 'state', 'signatures.jsonl'), log)
  const responses = createResponseStore(join(home, 'state', 'responses.jsonl'), log)
  const state = createState(log)
  const ports = bunPorts({ log, usage: state.alsoKeeping(usage), origins, responses })
  const portsOf = (next: Config): Ports => ({
    ...ports,
    ...state.ports(),
    log: redactedLog(log, everyProvider(next), next.apiKey, ...searchKeys(next)),
    overridesOf: overridesOf(next, log),
  })
  const load = createUserCodeLoader()
  const { config, problems } = await load(first, portsOf(first).log)
  const say = (told: Loaded['problems'], to: (problem: string) => void): void =>
    told.map(formatDiagnostic).forEach((problem) => to(problem))
  await state.openFor(config)
  say(problems, tell ?? ((problem) => log('warn', problem)))
  const privateFolders = [userHome(), home, dirname(config.file)]
  const server = serve({ config, ports: portsOf(config), ...rest, version, privateFolders })
  return {
    port: server.port,
    url: server.url,
    running: server.running,
    resting: server.resting,
    async use(next) {
      const loaded = await load(next, portsOf(next).log)
      // A later change may have overtaken this one.
      if (!loaded.isLatest()) return
      await state.openFor(loaded.config)
      say(loaded.problems, (problem) => log('warn', problem))
      server.use(loaded.config, portsOf(loaded.config))
    },
    async stop(graceMs) {
      await server.stop(graceMs)
      await origins.settled()
      state.close()
    },
  }
}

function searchKeys({ webSearch, presets = {} }: Config): (string | undefined)[] {
  return [webSearch, ...Object.values(presets).map((preset) => preset.webSearch)].map((search) => search?.apiKey)
}

function everyProvider({ providers, presets = {} }: Config): Config['providers'] {
  return [...providers, ...Object.values(presets).flatMap((preset) => preset.providers)]
}
