import { dirname, join, resolve } from 'node:path'

/** The full path of a file that the config names: from the config's folder, with `~` for `home`. */
export function fullPath(written: string, configFile: string, home: string): string {
  return /^~[/\\]/.test(written) ? join(home, written.slice(2)) : resolve(dirname(configFile), written)
}
