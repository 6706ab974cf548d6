import { parsePlainJson, type JsonObject } from '../../canonical/json.ts'
import type { LogLevel, Ports } from '../../platform/ports.ts'
import { estimateInput } from '../../router/estimate.ts'
import { sessionIdOf } from '../../router/session.ts'
import type { Call } from '../call.ts'

/** A client's request as code of the user sees it: in the words of the web framework that CCR used. */
export interface RequestView {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  body: JsonObject
  readonly log: Logger
  readonly sessionId: string | undefined
  /** About how many tokens the input has. */
  readonly tokenCount: number
  provider?: string
  model?: string
  readonly server: object
}

/** What code of the user logs with: a message, or fields and a message. */
export type Logger = Readonly<Record<LogLevel, (first: unknown, ...rest: unknown[]) => void>>

/** The request of `call`, with `body` for it. Keys of the client are not among its headers. */
export function requestView(call: Call, body: JsonObject, settings: JsonObject, ports: Ports): RequestView {
  const { id, wire, request, target } = call
  const url = `/v1${wire.path}${wire.query && `?${wire.query}`}`
  return {
    ...plainView({ id, url, headers: wire.headers, body }, settings, ports),
    sessionId: sessionIdOf(request, wire.headers),
    get tokenCount() {
      return estimateInput(request)
    },
    ...(target && { provider: target.provider, model: target.model }),
  }
}

/** A request of which nothing is known but what it brings. */
export function plainView(
  seen: Pick<RequestView, 'id' | 'url' | 'headers' | 'body'>,
  settings: JsonObject,
  ports: Pick<Ports, 'log'>,
): RequestView {
  const log = createLogger(ports.log, 'request')
  return {
    ...seen,
    method: 'POST',
    log,
    sessionId: sessionIdOf({}, seen.headers),
    tokenCount: 0,
    server: serverView(settings, log),
  }
}

/** The body as it came, for the user's code to keep or change: nobody else holds it. */
export function bodyCopy(call: Call): JsonObject {
  return parsePlainJson(call.text) as JsonObject
}

/** A logger in the manner of pino: `info('text')`, `info({ fields }, 'text')`. */
export function createLogger(log: Ports['log'], source: string): Logger {
  const at =
    (level: LogLevel) =>
    (first: unknown, ...rest: unknown[]): void => {
      const isText = typeof first === 'string'
      const texts = (isText ? [first, ...rest] : rest).filter((each) => typeof each !== 'object')
      log(level, `${source}: ${texts.join(' ') || (isText ? '' : describe(first))}`)
    }
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  }
}

/** Only an error is told: other objects may hold the conversation, or keys. */
function describe(value: unknown): string {
  return value instanceof Error ? value.message : '(an object)'
}

/** The settings of the config, by the ways in which plugins ask for them. */
function serverView(settings: JsonObject, log: Logger): object {
  const configService = {
    get: (key: string, fallback?: unknown): unknown => settings[key] ?? fallback,
    getAll: (): JsonObject => ({ ...settings }),
    has: (key: string): boolean => settings[key] !== undefined,
  }
  return { log, configService, _server: { configService } }
}
