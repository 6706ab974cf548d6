import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { folderOf } from '../config/file-path.ts'
import type { Log } from '../platform/ports.ts'
import { lineLog, noLog } from './log.ts'
import { userConfigHome } from './home.ts'
import { createRotatingFile } from './rotating-file.ts'

/** The folder of a config's logs. */
export function logDirectory(config: Config): string {
  return join(folderOf(config.file, userConfigHome()), 'logs')
}

/** The log that a config asks for, as long as it asks for it: `follow` obeys a config that came into use. */
export interface ConfigLog {
  readonly write: Log
  follow(config: Config): void
}

/** `debug`: with details, whatever the config says. */
export function createConfigLog(config: Config, debug = false): ConfigLog {
  // One for all: an open file would be left behind with every change.
  const file = createRotatingFile(logDirectory(config))
  const open = ({ log, logLevel }: Config): Log => (log ? lineLog(file, debug ? 'debug' : logLevel) : noLog)
  let current = config
  let write = open(config)
  return {
    write: Object.assign<Log, Pick<Log, 'isOn'>>((level, message, fields) => write(level, message, fields), {
      isOn: (level) => write.isOn?.(level) ?? true,
    }),
    follow(next) {
      const isSame = next.log === current.log && next.logLevel === current.logLevel
      current = next
      if (!isSame) write = open(next)
    },
  }
}
