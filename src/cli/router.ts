import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { configHome } from '../config/load.ts'
import type { Log } from '../platform/ports.ts'
import type { UsageStore } from '../store/usage-store.ts'
import { version } from './version.ts'

/** A router that runs in this process. */
export interface Router {
  readonly port: number
  /** Base URL for clients, without a slash at the end. */
  readonly url: string
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
}

/** Serves the gateway in this process. Rejects with the error of the system if it cannot listen. */
export async function startRouter({ config, host, port, log, usage }: RouterOptions): Promise<Router> {
  const [{ serve }, { bunPorts }, { createOverrideReader }, { createOriginStore }] = await Promise.all([
    import('../server/serve.ts'),
    import('../platform/bun.ts'),
    import('../config/overrides.ts'),
    import('../store/origins.ts'),
  ])
  const home = configHome(process.env, homedir())
  const origins = createOriginStore(join(home, 'state', 'signatures.jsonl'), log)
  const overridesOf = createOverrideReader({
    configHome: home,
    projectsDirectory: join(process.env['CLAUDE_CONFIG_DIR'] ?? join(homedir(), '.claude'), 'projects'),
    providers: config.providers,
    log,
  })
  const server = serve({ config, ports: bunPorts({ log, usage, overridesOf, origins }), host, port, version })
  return { port: server.port, url: server.url, stop: (graceMs) => server.stop(graceMs) }
}
