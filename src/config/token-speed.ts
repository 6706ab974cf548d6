import { lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, JsonObject } from '../canonical/json.ts'
import { asNumber, asString, isObject } from '../canonical/json.ts'
import { createTokenSpeed, type SpeedReporter, type TokenSpeed } from '../gateway/middleware/token-speed.ts'
import type { Plugins } from '../gateway/plugin/plugins.ts'
import type { Ports } from '../platform/ports.ts'
import { isSafeSessionId } from '../router/session.ts'

/** The plugin `token-speed`, with the options that it has in CCR: to the log, to a file for status lines, to a URL. */
export function tokenSpeed(options: JsonObject): Plugins['middleware'][number] {
  const reporters = reportersOf(options)
  const report: SpeedReporter = (speed, ports) => {
    for (const each of reporters) {
      try {
        each(speed, ports)
      } catch (error) {
        ports.log('warn', `token-speed could not tell: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return (ports) => createTokenSpeed(report, ports)
}

type Kind = 'console' | 'temp-file' | 'webhook'

const makers: Readonly<Record<Kind, (options: JsonObject) => SpeedReporter>> = {
  console: () => toLog,
  'temp-file': toFile,
  webhook: toUrl,
}

function reportersOf({ reporter, outputHandlers }: JsonObject): SpeedReporter[] {
  const named = [reporter ?? []].flat().map((name): Json => ({ type: name }))
  const handlers = Array.isArray(outputHandlers) ? outputHandlers : []
  const wanted: Json[] =
    handlers.length + named.length === 0 ? [{ type: 'console' }, { type: 'temp-file' }] : [...named, ...handlers]
  const kinds = new Map<Kind, JsonObject>()
  for (const each of wanted) {
    if (!isObject(each) || each['enabled'] === false || !isKind(each['type'])) continue
    kinds.set(each['type'], { ...each, ...(isObject(each['config']) && each['config']) })
  }
  return [...kinds].map(([kind, own]) => makers[kind](own))
}

function isKind(value: unknown): value is Kind {
  return typeof value === 'string' && Object.hasOwn(makers, value)
}

function toLog(speed: TokenSpeed, ports: Ports): void {
  if (!speed.isStreaming) ports.log('info', 'token speed', { ...speed })
}

/** Status lines read it while the answer comes. */
function toFile(options: JsonObject): SpeedReporter {
  const folder = join(tmpdir(), plainName(options['subdirectory'], 'claude-code-router'))
  const prefix = plainName(options['prefix'], 'session-')
  const extension = plainName(options['extension'], 'json').replace(/^\.?/, '.')
  return (speed) => {
    const { sessionId, timestamp } = speed
    if (sessionId === undefined || !isSafeSessionId(sessionId) || !isOwnFolder(folder)) return
    const stamp = options['includeTimestamp'] === true ? `-${timestamp}` : ''
    const file = join(folder, `${prefix}${sessionId}${stamp}${extension}`)
    // Whoever reads it never sees half of it.
    writeFileSync(`${file}.new`, JSON.stringify(speed), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
}

/** The system's folder for temporary files belongs to everybody: another user's folder of that name is left alone. */
function isOwnFolder(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
}

function plainName(value: Json | undefined, fallback: string): string {
  const text = asString(value)?.trim()
  return text && /^[\w.-]+$/.test(text) && !text.startsWith('..') ? text : fallback
}

function toUrl(options: JsonObject): SpeedReporter {
  const url = URL.parse(asString(options['url']) ?? '')
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error('its webhook has no `url` that starts with https:// or http://')
  const headers = { 'content-type': 'application/json', ...textsOf(options['headers']), ...authOf(options['auth']) }
  const { maxAttempts, backoffMs } = isObject(options['retry']) ? options['retry'] : {}
  const [attempts, pause] = [asNumber(maxAttempts) ?? 3, asNumber(backoffMs) ?? 1000]
  return (speed, ports) => {
    if (speed.isStreaming) return
    const init = { method: asString(options['method']) ?? 'POST', headers, body: JSON.stringify(speed) }
    const ask = async (left: number): Promise<void> => {
      const problem = await problemOf(url.href, init, ports)
      if (problem === undefined) return
      if (left <= 1) {
        if (options['silent'] !== true) ports.log('warn', `token-speed: ${url.host} ${problem}`)
        return
      }
      await ports.sleep(pause * (attempts - left + 1))
      await ask(left - 1)
    }
    void ask(attempts)
  }
}

async function problemOf(
  url: string,
  init: { method: string; headers: Record<string, string>; body: string },
  ports: Ports,
): Promise<string | undefined> {
  try {
    const response = await ports.fetch(url, { ...init, signal: AbortSignal.timeout(5000), proxy: false })
    await response.body?.cancel()
    return response.ok ? undefined : `answered ${response.status}`
  } catch (error) {
    return `could not be told: ${error instanceof Error ? error.message : String(error)}`
  }
}

function authOf(auth: Json | undefined): Record<string, string> {
  if (!isObject(auth)) return {}
  const [token, user, password] = ['token', 'username', 'password'].map((key) => asString(auth[key]) ?? '')
  if (auth['type'] === 'bearer') return { authorization: `Bearer ${token}` }
  if (auth['type'] === 'basic') return { authorization: `Basic ${btoa(`${user}:${password}`)}` }
  const header = asString(auth['header'])
  return header ? { [header.toLowerCase()]: asString(auth['value']) ?? token ?? '' } : {}
}

function textsOf(value: Json | undefined): Record<string, string> {
  const pairs = isObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    pairs.flatMap(([name, text]) => (typeof text === 'string' ? [[name.toLowerCase(), text]] : [])),
  )
}
