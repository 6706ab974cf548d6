import type { FetchInit, Log, Ports } from './ports.ts'

/**
 * Bun's `fetch`, with the choices that it would make by itself taken away: proxies of the environment, redirects and
 * timeouts are the caller's to decide.
 *
 * Bun does not say when a connection stands. It does ask a streamed body for its first piece only then: after the TLS
 * handshake, and after a proxy's tunnel. A streamed body costs 0.1 ms, so it is sent only where the origin has not
 * answered for a while; anywhere else `onConnected` is called at once.
 *
 * Bun lets `most` requests run at once and has all others wait, for as long as the longest stream takes: what would come
 * close to that goes another way, which is loaded then.
 */
export function createFetch(now: () => number, log: Log, most = BUNS_MOST): Ports['fetch'] {
  let running = 0
  let uncapped: Promise<Ports['fetch']> | undefined
  const capped = createCappedFetch(now, log)
  const openUncapped = async (): Promise<Ports['fetch']> => (await import('./uncapped-fetch.ts')).createUncappedFetch()
  return (url, init) => {
    if (running >= most * SHARE) {
      log('debug', 'many requests run at once: this one has a connection of its own', { running })
      return (uncapped ??= openUncapped()).then((fetchUncapped) => fetchUncapped(url, init))
    }
    if (init.onEnd) {
      running++
      init.onEnd(() => running--)
    }
    return capped(url, init)
  }
}

/** As many requests run at once where the environment does not say otherwise. */
const BUNS_MOST = 256
/** How much of that is used: a request that has ended here may go on inside Bun for a moment. */
const SHARE = 0.8

function createCappedFetch(now: () => number, log: Log): Ports['fetch'] {
  const lastAnswers = new Map<string, number>()
  const sessionOf = createSessions()
  return async (url, init) => {
    const way = `${originOf(url)} ${init.proxy}`
    const rest = now() - (lastAnswers.get(way) ?? Number.NEGATIVE_INFINITY)
    const ask = createAsk(url, init, init.ca === undefined ? undefined : await sessionOf(init.ca))
    const response = await askTwice(ask, { isWarm: rest < WARM_MS, mayReuse: rest < POOL_MS, now, log, init })
    lastAnswers.set(way, now())
    return response
  }
}

/** Of a URL as `URL` writes it. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', url.indexOf('//') + 2))
}

/** An origin that answered this recently is taken to be reachable. */
const WARM_MS = 60_000
/** Bun keeps an idle connection for 300 s, and up to two of its one-minute steps more. */
const POOL_MS = 420_000
/** A dead connection shows within a round trip; a reset that takes longer may come from a server that was at work. */
const AT_ONCE_MS = 2000

type Ask = (isWarm: boolean, keepalive: boolean) => Promise<Response>

function createAsk(url: string, init: FetchInit, session: Bun.FetchSession | undefined): Ask {
  const { proxy, onConnected, body, method, headers, signal } = init
  const hasBody = method !== 'GET'
  return (isWarm, keepalive) => {
    if (isWarm || !hasBody) onConnected?.()
    const sent = isWarm ? { body, headers } : streamed(body, headers, onConnected)
    return fetch(url, {
      method,
      headers: hasBody ? sent.headers : headers,
      body: hasBody ? sent.body : undefined,
      signal,
      redirect: 'manual',
      // Without this, NO_PROXY of the environment would have the last word.
      proxy: proxy ? { url: proxy, respectNoProxy: false } : false,
      // Bun's own would cut a provider that thinks for long.
      timeout: false,
      ...(session && { session }),
      ...(!keepalive && { keepalive }),
    } as unknown as RequestInit)
  }
}

function streamed(text: string, headers: FetchInit['headers'], onConnected: (() => void) | undefined) {
  const bytes = new TextEncoder().encode(text)
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    onConnected?.()
    controller.enqueue(bytes)
    controller.close()
  }
  return {
    body: new ReadableStream({ pull }, { highWaterMark: 0 }),
    // Not every server takes a chunked body.
    headers: { ...headers, 'content-length': String(bytes.length) },
  }
}

interface Circumstances {
  readonly isWarm: boolean
  /** Whether the call may go out on a connection that is kept alive from an earlier one. */
  readonly mayReuse: boolean
  readonly now: () => number
  readonly log: Log
  readonly init: FetchInit
}

/**
 * Bun asks again by itself only where a method is idempotent. A kept-alive connection that turns out dead before a byte
 * of an answer came has not delivered the call: it is made once more, on a connection of its own.
 */
async function askTwice(ask: Ask, { isWarm, mayReuse, now, log, init }: Circumstances): Promise<Response> {
  const started = now()
  try {
    return await ask(isWarm, true)
  } catch (cause) {
    const isDead = mayReuse && isReset(cause) && now() - started < AT_ONCE_MS
    if (!isDead || init.signal?.aborted) throw cause
    log('debug', 'a kept-alive connection was dead: asking again on a fresh one')
    return ask(isWarm, false)
  }
}

function isReset(cause: unknown): boolean {
  const code = (cause as { code?: unknown }).code
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ConnectionClosed'
}

/** A pool of connections for each set of authorities, which are trusted besides those that the machine trusts. */
function createSessions(): (ca: string) => Promise<Bun.FetchSession> {
  const sessions = new Map<string, Promise<Bun.FetchSession>>()
  const open = async (ca: string): Promise<Bun.FetchSession> => {
    const { getCACertificates } = await import('node:tls')
    return new Bun.FetchSession({ tls: { ca: [...getCACertificates('default'), ca] } })
  }
  return (ca) => {
    const session = sessions.get(ca) ?? open(ca)
    sessions.set(ca, session)
    return session
  }
}
