import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { defineCommand } from 'citty'
import type { Config } from '../config/config.ts'
import { formatDiagnostic } from '../config/diagnostic.ts'
import { loadConfig } from '../config/load.ts'
import { isLoopback } from '../config/proxy.ts'
import { createMemoryStore } from '../store/memory.ts'
import { Failure } from './failure.ts'
import { bothLogs, fileLog, terminalLog } from './log.ts'
import { type Router, startRouter } from './router.ts'
import { version } from './version.ts'

/** How long calls that run when the router is stopped may go on. */
const DRAIN_MS = 30_000

/** `ccr start`: serves in the foreground until it is told to stop. */
export const start = defineCommand({
  meta: { name: 'start', description: 'Serve in the foreground until Ctrl+C' },
  args: {
    config: { type: 'string', valueHint: 'FILE', description: 'The config file (default: that of `ccr config path`)' },
    port: {
      type: 'string',
      valueHint: 'N',
      description: 'The port to listen on, 0 for any free one (default: PORT of the config, 3456)',
    },
    host: {
      type: 'string',
      valueHint: 'H',
      description: 'The address to listen on (default: HOST of the config, 127.0.0.1)',
    },
    debug: { type: 'boolean', description: 'Print what happens, with details' },
  },
  async run({ args }) {
    const config = loadConfig({
      ...(args.config !== undefined && { file: args.config }),
      env: process.env,
      home: homedir(),
    })
    for (const warning of config.warnings) console.error(`warning: ${formatDiagnostic(warning)}`)
    const host = args.host ?? config.host
    const port = args.port === undefined ? config.port : toPort(args.port)
    if (!isLoopback(host) && config.apiKey === undefined) throw new Failure(openToAll(host, config.file))

    const router = await listen(config, host, port, args.debug === true)
    const stopped = untilStopped(router)
    console.log(
      `ccr ${version} serves ${router.url} (config ${config.file}${config.exists ? '' : ', which does not exist yet'})`,
    )
    if (config.providers.length === 0)
      console.error(
        'warning: no provider is configured, so every call will fail. `ccr config init` writes a config to start from.',
      )
    return stopped
  },
})

async function listen(config: Config, host: string, port: number, debug: boolean): Promise<Router> {
  const terminal = terminalLog(debug ? 'debug' : 'warn')
  const log = config.log
    ? bothLogs(terminal, fileLog(join(dirname(config.file), 'logs'), debug ? 'debug' : config.logLevel))
    : terminal
  try {
    return await startRouter({ config, host, port, log, usage: createMemoryStore() })
  } catch (error) {
    throw new Failure(cannotListen(error, host, port), 1)
  }
}

/** What to tell when `host:port` cannot be had. */
export function cannotListen(error: unknown, host: string, port: number): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason = reasons[code]?.(host, port)
  if (reason === undefined) throw error
  return `ccr: ${reason}`
}

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `port ${port} of ${host} is taken: another ccr or another program listens there. Stop it, or take another port: \`ccr start --port ${port + 1}\`, or PORT in the config file`,
  EACCES: (_, port) =>
    `port ${port} may not be used without special rights. Take one above 1023: \`ccr start --port 3456\``,
  EADDRNOTAVAIL: (host) => `this machine has no address ${host}. Use 127.0.0.1, or one of its own`,
  ENOTFOUND: (host) => `the host name ${host} is not known. Use 127.0.0.1, or an address of this machine`,
}

function toPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535)
    throw new Failure(`ccr start: --port must be a number from 0 to 65535, not \`${text}\``)
  return port
}

function openToAll(host: string, file: string): string {
  return `ccr: --host ${host} would let other machines use your providers without a key. Set APIKEY in ${file}, or listen on 127.0.0.1`
}

/** Resolves with the exit code after SIGINT or SIGTERM: at once on the second one. */
function untilStopped(router: Router): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false
    const stop = (): void => {
      if (stopping) return resolve(1)
      stopping = true
      console.error('ccr: stopping when the running calls have ended; the same signal again stops at once')
      router.stop(DRAIN_MS).then(() => resolve(0), reject)
    }
    // Not SIGHUP: a handler would undo `nohup`.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  })
}
