import { statSync } from 'node:fs'
import { isObject } from '../../canonical/json.ts'
import { type Environment, interpolate } from '../../config/interpolate.ts'
import { readText } from '../../config/read-text.ts'
import { Failure } from '../failure.ts'
import type { Found } from './find.ts'

/** The port that the config file names, without reading the rest of it. */
export function configuredPort(configHome: string, env: Environment): number {
  return asPort(env['SERVICE_PORT']) ?? portInFile(`${configHome}/config.json`, env) ?? 3456
}

/**
 * The service that is meant: the one on `port`; else that on the config's port; else the only one. Throws a `Failure`
 * that lists them if there are several.
 */
export function selectService(
  services: readonly Found[],
  command: string,
  port: number | undefined,
  usual: number,
): Found | undefined {
  const on = (wanted: number): Found | undefined => services.find(({ url }) => url.endsWith(`:${wanted}`))
  if (port !== undefined) return on(port)
  const usualOne = on(usual)
  if (usualOne || services.length < 2) return usualOne ?? services[0]
  const list = services.map(({ url, who }) => `  ${url} (pid ${who.pid})`).join('\n')
  throw new Failure(`${command}: several services of yours run; name one with --port:\n${list}`)
}

function portInFile(file: string, env: Environment): number | undefined {
  try {
    // Reading a pipe would wait for somebody who writes.
    if (!statSync(file).isFile()) return undefined
    const value: unknown = Bun.JSON5.parse(readText(file))
    return isObject(value) ? asPort(interpolate(value['PORT'] ?? value['port'] ?? null, env)) : undefined
  } catch {
    // What is wrong with the file is for those to tell who need the rest of it.
    return undefined
  }
}

function asPort(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined
}
