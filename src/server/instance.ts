import { hmac, isProven, prove, randomText, type Statement } from './proof.ts'

/** One running server, as other commands of the same user find and stop it. */
export interface Instance {
  readonly id: string
  /** Shared by all instances of this user. Absent: there is none, so that nothing can be proved and nothing asked. */
  readonly secret?: string
  /** What is told to the user alone; with what the calls of a `run` took, if one is named. */
  describe(run?: string): object
  /** Ends the server: now, or when the running calls have ended. */
  stop(isNow: boolean): void
}

export interface InstanceRoutesOptions {
  readonly instance: Instance
  readonly version: string
  readonly port: number
  now(): number
}

/**
 * `GET /health` tells anybody who is here, and with `?challenge=NONCE` proves it to the user. `GET /admin/instance` and
 * `POST /admin/stop` are answered to who proves to be the user, with the nonce that the challenge's answer gave.
 */
export function createInstanceRoutes(
  options: InstanceRoutesOptions,
): (request: Request, path: string) => Response | undefined {
  const { instance, version, port } = options
  const nonces = createNonces(options.now)
  const isUser = (request: Request, role: Statement['role']): boolean => {
    const nonce = request.headers.get('x-ccr-nonce') ?? ''
    const proof = request.headers.get('x-ccr-proof') ?? ''
    const statement = { role, nonce, port, instance: instance.id }
    return instance.secret !== undefined && nonces.isFresh(nonce) && isProven(instance.secret, statement, proof)
  }
  const routes: Readonly<Record<string, (request: Request) => Response>> = {
    'GET /health': (request) => Response.json({ ...health(instance, version), ...answer(request, options, nonces) }),
    'GET /admin/instance': (request) => {
      const run = new URL(request.url).searchParams.get('run') ?? undefined
      return isUser(request, 'describe') ? Response.json(instance.describe(run)) : refused()
    },
    'POST /admin/stop': (request) => {
      if (!isUser(request, 'stop')) return refused()
      // After the answer: the end of the server is not to cut it.
      setTimeout(() => instance.stop(new URL(request.url).searchParams.has('now')), 0)
      return Response.json({ stopping: true }, { status: 202 })
    },
  }
  return (request, path) => {
    const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${path}`
    return Object.hasOwn(routes, route) ? routes[route]?.(request) : undefined
  }
}

function health({ id }: Instance, version: string) {
  return { status: 'ok', name: 'ccr', version, pid: process.pid, instance: id }
}

function answer(request: Request, { instance: { secret, id }, port }: InstanceRoutesOptions, nonces: Nonces) {
  const challenge = new URL(request.url).searchParams.get('challenge') ?? ''
  // A nonce of other characters could be read as another statement.
  if (secret === undefined || !/^[\w-]{16,128}$/.test(challenge)) return {}
  return { proof: prove(secret, { role: 'here', nonce: challenge, port, instance: id }), nonce: nonces.issue() }
}

interface Nonces {
  issue(): string
  isFresh(nonce: string): boolean
}

/** Nonces that carry their own time, so that no flood of requests can push out one that is still to be used. */
function createNonces(now: () => number): Nonces {
  const key = randomText()
  const sign = (time: string): string => `${time}-${hmac(key, time).slice(0, 32)}`
  return {
    issue: () => sign(now().toString(36)),
    isFresh(nonce) {
      const [time = ''] = nonce.split('-')
      return nonce === sign(time) && now() - Number.parseInt(time, 36) < FRESH_MS
    },
  }
}

const FRESH_MS = 10_000

function refused(): Response {
  const message = 'only the user whose router this is may ask that; `ccr status` and `ccr stop` do'
  return Response.json({ error: { type: 'permission_error', message } }, { status: 403 })
}
