import type { Config } from '../config/config.ts'
import type { LoadOptions } from '../config/load.ts'
import type { Access } from './claude/environment.ts'
import { withOwnKey } from './claude/own-key.ts'
import { createConfigLog } from './config-log.ts'
import { followConfig } from './follow-config.ts'
import { userConfigHome } from './home.ts'
import { aboutConfig } from './instance/about.ts'
import { reachable } from './instance/ask.ts'
import type { Joined } from './instance/join.ts'
import { createPresence } from './instance/presence.ts'
import { readRunFiles } from './instance/run-file.ts'
import { startRouter } from './router.ts'
import { createTally } from './summary.ts'

/** The router of one `ccr code`. */
export interface CodeRouter {
  readonly access: Access
  /** Ends what was started for this run; gives a line about what happened, if there is anything to say. */
  end(): Promise<string | undefined>
}

/** How long calls that Claude Code left behind may take to be counted. */
const SETTLE_MS = 200

/** The user's service, if one runs that would do the same as a router of this run's own; else such a router. */
export async function openCodeRouter(config: Config, load: LoadOptions): Promise<CodeRouter> {
  const own = adaptTo(config, load)
  if (readRunFiles(userConfigHome()).some(({ kind }) => kind === 'service')) {
    const { joinService } = await import('./instance/join.ts')
    const joined = await joinService(own)
    if (joined) return { access: joined.access, end: async () => endOf(joined) }
  }
  return serveRun(config, load)
}

async function endOf({ access, line }: Joined): Promise<string> {
  const told = await line()
  return told === undefined
    ? `ccr: this run used the service at ${access.url}`
    : `${told} · by the service at ${access.url}`
}

async function serveRun(config: Config, load: LoadOptions): Promise<CodeRouter> {
  const key = `ccr-${crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: 'base64url' })}`
  const adapt = (next: Config): Config => ({ ...adaptTo(next, load), apiKey: key })
  const configLog = createConfigLog(config)
  const log = configLog.write
  const usage = createTally()
  const presence = createPresence({
    kind: 'code',
    configHome: userConfigHome(),
    describe: () => ({
      ...aboutConfig(watch, presence.instance.secret),
      calls: usage.calls(),
      running: Math.max(0, router.running() - 1),
    }),
    // It ends with its Claude Code.
    stop: () => {},
    tell: (problem) => log('debug', problem),
  })
  const { instance } = presence
  const tell = (problem: string): void => console.error(`warning: ${problem}`)
  const router = await startRouter({ config: adapt(config), host: '127.0.0.1', port: 0, log, usage, instance, tell })
  const watch = followConfig({ load, config, router, configLog, log, adapt })
  presence.announce(reachable('127.0.0.1', router.port))
  return {
    access: { url: router.url, key },
    async end() {
      watch.close()
      presence.withdraw()
      await router.stop(SETTLE_MS)
      return usage.line()
    },
  }
}

/** The config with the key that the user keeps in the environment, where the config has none. */
function adaptTo(config: Config, { env }: LoadOptions): Config {
  return { ...config, providers: withOwnKey(config.providers, env['ANTHROPIC_API_KEY']) }
}
