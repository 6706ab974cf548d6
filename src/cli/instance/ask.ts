import { isObject, type JsonObject } from '../../canonical/json.ts'
import { isProven, prove, randomText } from '../../server/proof.ts'

/** Who answers on a port. */
export type Occupant =
  /** An instance of this user: it has proved that it knows the secret. */
  | {
      readonly type: 'own'
      readonly pid: number
      readonly version: string
      readonly instance: string
      readonly nonce: string
    }
  /** Says that it is ccr and has not proved to be this user's. */
  | { readonly type: 'ccr'; readonly pid?: number; readonly version?: string }
  /** Claude Code Router, the older program. */
  | { readonly type: 'predecessor' }
  /** Any other program. */
  | { readonly type: 'other' }
  /** Takes connections and does not answer. */
  | { readonly type: 'silent' }
  /** Nobody listens. */
  | { readonly type: 'nobody' }

export type OwnInstance = Extract<Occupant, { type: 'own' }>

/** Asks the program at `url` who it is, for at most `patienceMs`. Nothing is told to it that it could use. */
export async function askWho(url: string, secret: string | undefined, patienceMs = 700): Promise<Occupant> {
  const signal = AbortSignal.timeout(patienceMs)
  const challenge = randomText()
  const health = await get(`${url}/health?challenge=${challenge}`, signal)
  if (health.type !== 'answer') return health
  const own = secret === undefined ? undefined : asOwn(health.body, secret, challenge, url)
  if (own) return own
  if (health.body['name'] === 'ccr') return asCcr(health.body)
  const root = await get(`${url}/`, signal)
  const isPredecessor = root.type === 'answer' && root.body['message'] === 'LLMs API'
  return { type: isPredecessor ? 'predecessor' : 'other' }
}

/** Asks an instance that has proved itself to do what only its user may ask. */
export async function askOf(
  url: string,
  secret: string,
  { instance, nonce }: OwnInstance,
  request: { readonly role: 'describe' | 'stop'; readonly query?: string },
): Promise<JsonObject | undefined> {
  const { role, query = '' } = request
  const proof = prove(secret, { role, nonce, port: portOf(url), instance })
  const [method, path] = role === 'stop' ? ['POST', '/admin/stop'] : ['GET', '/admin/instance']
  const reply = await get(`${url}${path}${query}`, AbortSignal.timeout(ANSWER_MS), {
    method,
    headers: { 'x-ccr-nonce': nonce, 'x-ccr-proof': proof },
  })
  return reply.type === 'answer' && reply.status < 300 ? reply.body : undefined
}

const ANSWER_MS = 2000

/** The address at which this machine reaches a server that listens on `host`. */
export function reachable(host: string, port: number): string {
  const local = anyAddress[host] ?? host
  return `http://${local.includes(':') ? `[${local}]` : local}:${port}`
}

const anyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]', '[::]': '[::1]' }

function asOwn(body: JsonObject, secret: string, challenge: string, url: string): OwnInstance | undefined {
  const { instance, nonce, proof, pid, version } = body
  if (typeof instance !== 'string' || typeof nonce !== 'string' || typeof proof !== 'string') return undefined
  if (typeof pid !== 'number' || typeof version !== 'string') return undefined
  if (!isProven(secret, { role: 'here', nonce: challenge, port: portOf(url), instance }, proof)) return undefined
  return { type: 'own', pid, version, instance, nonce }
}

function asCcr({ pid, version }: JsonObject): Occupant {
  return {
    type: 'ccr',
    ...(Number.isSafeInteger(pid) && { pid: pid as number }),
    // What a stranger says of itself is shown on a terminal.
    ...(typeof version === 'string' && /^[\w.+-]{1,40}$/.test(version) && { version }),
  }
}

type Reply =
  | { readonly type: 'answer'; readonly status: number; readonly body: JsonObject }
  | { readonly type: 'nobody' | 'silent' }

async function get(url: string, signal: AbortSignal, init: RequestInit = {}): Promise<Reply> {
  try {
    const direct = { ...init, signal, proxy: false, keepalive: false, redirect: 'manual' }
    const response = await fetch(url, direct as unknown as RequestInit)
    const text = await firstOf(response)
    return { type: 'answer', status: response.status, body: parse(text) }
  } catch (error) {
    if (signal.aborted) return { type: 'silent' }
    const { code } = error as NodeJS.ErrnoException
    // A program that speaks something else is somebody, too.
    return code === 'ConnectionRefused' || code === 'ECONNREFUSED'
      ? { type: 'nobody' }
      : { type: 'answer', status: 0, body: {} }
  }
}

/** As much of an answer as ours could be long: another program may send without end. */
async function firstOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MOST_CHARACTERS) break
  }
  return text
}

const MOST_CHARACTERS = 100_000

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port || 80)
}
