import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The full path of a file that the config names: from the config's folder, with `~` for `home`. */
export function fullPath(written: string, folder: string, home: string): string {
  return /^~[/\\]/.test(written) ? join(home, written.slice(2)) : resolve(folder, written)
}

/** The folder of a config file. What the system made up, like `/dev/stdin` or a pipe, has none: it is `configHome` then. */
export function folderOf(configFile: string, configHome: string): string {
  const isFile = statSync(configFile, { throwIfNoEntry: false })?.isFile() ?? true
  return isFile && !/^\/(?:dev|proc)\//.test(configFile) ? dirname(configFile) : configHome
}
