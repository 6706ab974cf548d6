import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Config } from './config.ts'
import { configFile, loadConfig, type LoadOptions } from './load.ts'

/** Follows a config file while a server runs. */
export interface ConfigWatch {
  /** The config that is in use. */
  config(): Config
  /** Why the file as it stands is not in use; absent: it is. */
  problem(): string | undefined
  /** Looks at the file now. */
  check(): void
  close(): void
}

export interface ConfigWatchOptions {
  readonly load: LoadOptions
  /** The config that is in use at first. */
  readonly first: Config
  /** Why a config that is good in itself cannot be taken while the server runs. */
  readonly refuse?: (config: Config) => string | undefined
  /** Hears of each config that comes into use. */
  readonly onChange: (config: Config) => void
  /** Hears once of each text of the file that cannot be used: the last good config stays. */
  readonly onProblem: (problem: string) => void
}

/**
 * Watches the folder, because editors replace a file instead of writing to it; and looks by itself now and then, because
 * network disks and containers' mounts tell of no change. However often the file is saved, it is read at most every
 * `PAUSE_MS`. A text that cannot be used is looked at again before it is told: it may be half written.
 */
export function watchConfig({ load, first, refuse, onChange, onProblem }: ConfigWatchOptions): ConfigWatch {
  const file = configFile(load)
  let config = first
  let problem: string | undefined
  let seen = stampOf(file)
  let timer: Timer | undefined
  let doubts = 0

  const later = (ms: number): void => void (timer ??= setTimeout(look, ms))
  const doubt = (found: string): void => {
    if (++doubts <= DOUBTS) return later(PAUSE_MS)
    doubts = 0
    if (found !== problem) onProblem(found)
    problem = found
  }
  const take = (next: Config): void => {
    const refusal = refuse?.(next)
    if (refusal !== undefined) return doubt(refusal)
    doubts = 0
    problem = undefined
    const isSame = next.hash === config.hash
    config = next
    if (!isSame) onChange(next)
  }
  const look = (): void => {
    clearTimeout(timer)
    timer = undefined
    seen = stampOf(file)
    const next = tryLoad(load, config.exists)
    if (typeof next === 'string') doubt(next)
    else take(next)
  }

  let watchers: FSWatcher[] = []
  const watchAnew = (): void => {
    for (const watcher of watchers) watcher.close()
    watchers = watchFolders(file, () => later(PAUSE_MS))
  }
  // Loading what watches takes milliseconds, which the first request should not wait for.
  const begin = setTimeout(() => {
    watchAnew()
    if (stampOf(file) !== seen) later(0)
  }, BEGIN_MS)
  const tick = setInterval(() => {
    if (stampOf(file) === seen) return
    // Nobody told of it: the folder may be another one by now, or the link lead elsewhere.
    watchAnew()
    later(0)
  }, TICK_MS)
  tick.unref()
  return {
    config: () => config,
    problem: () => problem,
    check: look,
    close() {
      clearTimeout(begin)
      for (const watcher of watchers) watcher.close()
      clearInterval(tick)
      clearTimeout(timer)
    },
  }
}

const BEGIN_MS = 100
const PAUSE_MS = 50
const TICK_MS = 2000
/** An editor that writes in pieces is done after this many looks. */
const DOUBTS = 5

/** The config of the file as it stands, or why it cannot be used. */
function tryLoad(load: LoadOptions, existed: boolean): Config | string {
  try {
    const found = statSync(configFile(load), { throwIfNoEntry: false })
    // Reading a pipe would stop the service until somebody writes to it.
    if (found && !found.isFile() && !found.isDirectory())
      return `${configFile(load)}: this is no file that can be read again`
    const config = loadConfig(load)
    return existed && !config.exists ? `${config.file}: the file is gone` : config
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs}/${size}/${ino}`
  } catch {
    return ''
  }
}

/** The folder of the file, and where the file is a link, that of what it points to. */
function watchFolders(file: string, onEvent: () => void): FSWatcher[] {
  const files = new Set([file, target(file)])
  return [...files].flatMap((each) => {
    try {
      const watcher = watch(dirname(each), { persistent: false }, (_, name) => {
        if (name === null || name === basename(each) || each !== file) onEvent()
      })
      // A folder that goes away is not watched any more; the look now and then remains.
      watcher.on('error', () => watcher.close())
      return [watcher]
    } catch {
      return []
    }
  })
}

function target(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
