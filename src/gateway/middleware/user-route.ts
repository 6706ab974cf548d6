import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Provider } from '../../provider/provider.ts'
import { nameOfTarget, readModelName } from '../../router/model-name.ts'
import { quote } from '../../router/rule.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Answer, Call, Handler, Middleware } from '../call.ts'
import { inTime, wordsOf } from '../plugin/hook.ts'
import type { UserRouter } from '../plugin/user-router.ts'
import type { Warn } from '../warn.ts'

/** Every call waits for it. */
const LONGEST_ROUTE_MS = 10_000

/**
 * Asks code of the user who shall answer. The first that names a configured model decides; the call then goes on as
 * if the client had asked for that. What fails, takes too long or names nobody is told, and the ordinary rules decide.
 */
export function createUserRoute(
  routers: readonly UserRouter[],
  providers: readonly Provider[],
  ports: Pick<Ports, 'after'>,
  warn: Warn,
): Middleware {
  const ask = async (router: UserRouter, call: Call): Promise<{ call: Call; target?: RouteTarget }> => {
    try {
      const given = await inTime({ signal: call.signal, ports }, LONGEST_ROUTE_MS, () => router.route(call))
      const target = targetOf(given.answer, providers)
      if (given.answer && !target)
        warn(`${router.name} names ${shown(given.answer)}, which is no configured model: the rules decide`, {
          call: call.id,
        })
      return { call: given.call, ...(target && { target }) }
    } catch (cause) {
      if (cause instanceof ModelError && cause.kind === 'aborted') throw cause
      warn(`${router.name} failed, so the rules decide: ${wordsOf(cause)}`, { call: call.id })
      return { call }
    }
  }
  return async (first, next) => {
    let call = first
    const asked: UserRouter[] = []
    for (const router of routers) {
      asked.push(router)
      const given = await ask(router, call)
      call = given.call
      if (!given.target) continue
      call = { ...call, request: { ...call.request, model: nameOfTarget(given.target) }, chosenBy: router.name }
      break
    }
    return observed(asked, call, next)
  }
}

/** Stands behind the rules, which know nothing of whose wish it was that they followed. */
export const nameUserRoute: Middleware = (call, next) => {
  if (call.chosenBy !== undefined && call.target) {
    call.trace.route = 'custom'
    call.trace.reason = `${call.chosenBy} names ${nameOfTarget(call.target)}`
  }
  return next(call)
}

async function observed(routers: readonly UserRouter[], call: Call, next: Handler): Promise<Answer> {
  try {
    const answer = await next(call)
    for (const router of routers) router.ended?.(call, { body: answer.body })
    return answer
  } catch (error) {
    for (const router of routers) router.ended?.(call, { error })
    throw error
  }
}

function targetOf(answer: unknown, providers: readonly Provider[]): RouteTarget | undefined {
  if (typeof answer !== 'string' || answer.trim() === '') return undefined
  const named = readModelName(answer, providers)
  return named.kind === 'target' || named.kind === 'listed' ? named.target : undefined
}

function shown(answer: unknown): string {
  return typeof answer === 'string' ? quote(answer) : `a ${typeof answer}`
}
