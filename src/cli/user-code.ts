import type { Config } from '../config/config.ts'
import type { Loaded } from '../config/load-user-code.ts'
import type { Log } from '../platform/ports.ts'

/** Loads the modules of configs, if they name any: nobody else waits for that, or pays for it. */
export function createUserCodeLoader(): (config: Config, log: Log) => Promise<Loaded & { isLatest(): boolean }> {
  let calls = 0
  let load: Promise<(config: Config, log: Log) => Promise<Loaded>> | undefined
  return async (config, log) => {
    const call = ++calls
    const isLatest = (): boolean => call === calls
    if (!config.userCode) return { config, problems: [], isLatest }
    load ??= userCodeLoader()
    return { ...(await (await load)(config, log)), isLatest }
  }
}

async function userCodeLoader(): Promise<(config: Config, log: Log) => Promise<Loaded>> {
  const [{ loadUserCode }, { createModuleLoader }] = await Promise.all([
    import('../config/load-user-code.ts'),
    import('../platform/load-module.ts'),
  ])
  const loader = createModuleLoader()
  return (config, log) => loadUserCode(config, loader, log)
}
