import { homedir } from 'node:os'
import { configHome } from '../config/load.ts'
import { Failure } from './failure.ts'

/** The user's home directory. Throws a `Failure` where there is none and nothing else says where the config is. */
export function userHome(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = systemHome()
  if (home !== '') return home
  if (env['CCR_HOME']) return env['CCR_HOME']
  throw new Failure(
    'ccr: HOME is not set, and the system knows no home directory of this user. Set HOME, or CCR_HOME to a directory for the config',
  )
}

/** The directory of the config, state and logs. */
export function userConfigHome(): string {
  return configHome(process.env, userHome())
}

/** Throws where the user is not in the system's list and HOME is not set, as in some containers. */
function systemHome(): string {
  try {
    return homedir()
  } catch {
    return ''
  }
}
