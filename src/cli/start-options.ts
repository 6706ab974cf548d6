import { resolve } from 'node:path'
import { bareAddress } from '../config/proxy.ts'
import { Failure } from './failure.ts'

/** What `ccr start` was told; a part that is absent is for the config to say. */
export interface StartOptions {
  /** The config file, with its full path. */
  readonly config?: string
  readonly port?: number
  readonly host?: string
  readonly debug: boolean
}

/** The arguments of every command that starts a service. */
export const startArgs = {
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
  debug: { type: 'boolean', description: 'Print what happens, with details; in the background, log it' },
} as const

interface Given {
  readonly config?: string | undefined
  readonly port?: string | undefined
  readonly host?: string | undefined
  readonly debug?: boolean | undefined
}

/** Reads the arguments. Throws a `Failure` that names what is wrong. */
export function readStartOptions({ config, port, host, debug }: Given, command: string): StartOptions {
  return {
    ...(config !== undefined && { config: resolve(config) }),
    ...(port !== undefined && { port: readPort(port, command) }),
    ...(host !== undefined && { host: bareAddress(host) }),
    debug: debug === true,
  }
}

/** The arguments that `readStartOptions` reads the same from. */
export function writeStartOptions({ config, port, host, debug }: StartOptions): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(host === undefined ? [] : ['--host', host]),
    ...(debug ? ['--debug'] : []),
  ]
}

/** A port number. Throws a `Failure` for anything else. */
export function readPort(text: string, command: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535)
    throw new Failure(`${command}: --port must be a number from 0 to 65535, not \`${text}\``)
  return port
}
