import type { Config } from '../config/config.ts'
import { formatDiagnostic } from '../config/diagnostic.ts'
import type { LoadOptions } from '../config/load.ts'
import { type ConfigWatch, watchConfig } from '../config/watch.ts'
import type { Log } from '../platform/ports.ts'
import type { ConfigLog } from './config-log.ts'
import type { Router } from './router.ts'

export interface FollowOptions {
  readonly load: LoadOptions
  /** The config that the router was started with. */
  readonly config: Config
  readonly router: Router
  readonly configLog: ConfigLog
  readonly log: Log
  /** Why a config cannot be taken over while the router runs. */
  readonly refuse?: (config: Config) => string | undefined
  /** The config as the router of this process needs it. */
  readonly adapt?: (config: Config) => Config
  /** What a change that came into use leaves to do. */
  readonly notes?: (config: Config) => readonly string[]
}

/** Has a router follow the config's file: a change that can be used is used whole, any other is told and changes nothing. */
export function followConfig(options: FollowOptions): ConfigWatch {
  const { load, config, router, configLog, log, refuse, adapt = (next) => next, notes = () => [] } = options
  const take = async (next: Config): Promise<void> => {
    await router.use(adapt(next))
    configLog.follow(next)
    log('info', 'the config has changed and is in use', { file: next.file, hash: next.hash })
    for (const warning of next.warnings) log('warn', formatDiagnostic(warning))
    for (const note of notes(next)) log('warn', note)
  }
  return watchConfig({
    load,
    first: config,
    ...(refuse && { refuse }),
    onChange(next) {
      take(next).catch((error) =>
        log('error', `the config has changed and cannot be used; the last one stays: ${error}`),
      )
    },
    onProblem: (problem) => log('warn', `the config has changed and cannot be used; the last one stays: ${problem}`),
  })
}
