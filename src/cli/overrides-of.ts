import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { createOverrideReader } from '../config/overrides.ts'
import type { Log, Ports } from '../platform/ports.ts'
import { userConfigHome, userHome } from './home.ts'

/** Finds what the user's projects and sessions say of routes. */
export function overridesOf({ providers, routes }: Config, log: Log): Ports['overridesOf'] {
  return createOverrideReader({
    configHome: userConfigHome(),
    projectsDirectory: join(process.env['CLAUDE_CONFIG_DIR'] ?? join(userHome(), '.claude'), 'projects'),
    providers,
    ...(routes.groups && { groups: routes.groups }),
    log,
  })
}
