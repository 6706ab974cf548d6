import type { Config } from '../config/config.ts'
import { formatDiagnostic } from '../config/diagnostic.ts'
import { configHome, loadConfig } from '../config/load.ts'
import type { Log } from '../platform/ports.ts'
import { type ConfigLog, createConfigLog, logDirectory } from './config-log.ts'
import { createEnding } from './ending.ts'
import { Failure } from './failure.ts'
import { followConfig } from './follow-config.ts'
import { userHome } from './home.ts'
import { aboutConfig } from './instance/about.ts'
import { reachable } from './instance/ask.ts'
import { createPresence } from './instance/presence.ts'
import { cannotListen } from './listen-failure.ts'
import { bothLogs, terminalLog } from './log.ts'
import { takeMark } from './own-process.ts'
import { type Router, type RouterOptions, startRouter } from './router.ts'
import { checkCertificates, exposureProblem, logProblem } from './start-check.ts'
import { createRunTallies } from './run-tallies.ts'
import { type StartOptions, writeStartOptions } from './start-options.ts'
import { version } from './version.ts'

/** Serves in this process until it is told to stop; gives the exit code. */
export async function serveHere(options: StartOptions): Promise<number> {
  const detached = takeMark()
  const load = {
    ...(options.config !== undefined && { file: options.config }),
    // As it is now: modules of the user find settings in the environment of the process.
    env: { ...process.env },
    home: userHome(),
  }
  checkCertificates(load.env)
  const config = loadConfig(load)
  for (const warning of config.warnings) warn(formatDiagnostic(warning))
  const host = options.host ?? config.host
  const exposure = exposureProblem(host, config)
  if (exposure !== undefined) throw new Failure(exposure)

  const configLog = createConfigLog(config, options.debug)
  let listens = false
  const log = logOf(config, configLog, options, detached && (() => !listens))
  const usage = createRunTallies()
  const ending = createEnding(
    () => router,
    () => watch.config().drainMs,
    (graceMs) => presence.leave(graceMs),
  )
  const presence = createPresence({
    kind: 'service',
    configHome: configHome(load.env, load.home),
    describe: (run) => ({
      ...aboutConfig(watch, presence.instance.secret),
      options: writeStartOptions(options),
      drainMs: watch.config().drainMs,
      detached,
      calls: usage.calls(),
      ...(run !== undefined && { run: usage.lineOf(run) }),
      // The one that asks is no call.
      running: Math.max(0, router.running() - 1),
      resting: router.resting(),
    }),
    stop: ending.stop,
    tell: warn,
  })
  const { instance } = presence
  const router = await listen({
    config,
    host,
    port: options.port ?? config.port,
    log,
    usage,
    instance,
    tell: warn,
  })
  listens = true
  const refuse = (next: Config): string | undefined => exposureProblem(host, next)
  const notes = (next: Config): string[] => needRestart(next, config, options)
  const watch = followConfig({ load, config, router, configLog, log, refuse, notes })
  presence.announce(reachable(host, router.port))
  const forget = ending.listen()
  // A process without a terminal is told by SIGHUP to read its config again.
  if (detached) process.on('SIGHUP', watch.check)
  welcome(config, router)
  try {
    return await ending.ended
  } finally {
    forget()
    watch.close()
    presence.withdraw()
  }
}

/** `isWatched`: whether somebody still waits for what a process in the background says; `false`: it is in the foreground. */
function logOf(config: Config, configLog: ConfigLog, { debug }: StartOptions, isWatched: false | (() => boolean)): Log {
  const problem = config.log ? logProblem(logDirectory(config)) : undefined
  if (problem !== undefined) warn(problem)
  if (!isWatched) return bothLogs(terminalLog(debug ? 'debug' : 'warn'), configLog.write)
  const errors = terminalLog('error')
  const watched: Log = (level, ...said) => void (isWatched() && errors(level, ...said))
  return bothLogs(Object.assign(watched, { isOn: errors.isOn }), configLog.write)
}

async function listen(options: RouterOptions): Promise<Router> {
  try {
    return await startRouter(options)
  } catch (error) {
    throw new Failure(await cannotListen(error, options.host, options.port), 1)
  }
}

/** What of a changed config the running server cannot follow. */
function needRestart(next: Config, first: Config, options: StartOptions): string[] {
  return [
    ...(options.port === undefined && next.port !== first.port ? [`PORT is ${next.port} now`] : []),
    ...(options.host === undefined && next.host !== first.host ? [`HOST is ${next.host} now`] : []),
  ].map((change) => `${change}: that takes effect with \`ccr restart\``)
}

function welcome(config: Config, router: Router): void {
  console.log(
    `ccr ${version} serves ${router.url} (config ${config.file}${config.exists ? '' : ', which does not exist yet'})`,
  )
  if (config.providers.length === 0)
    warn('no provider is configured, so every call will fail. `ccr config init` writes a config to start from.')
}

function warn(text: string): void {
  console.error(`warning: ${text}`)
}
