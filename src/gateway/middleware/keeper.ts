import type { Ports } from '../../platform/ports.ts'
import type { RequestState } from '../../protocol/protocol.ts'
import { endpointsFor } from '../../provider/choose-endpoint.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Answer, Call, Handler, Middleware } from '../call.ts'
import { boundTo, markOfKey } from '../responses/keeper.ts'

/**
 * A request that goes on from what a provider keeps goes to that provider, whatever the rules say; and who keeps an answer
 * is noted before the client hears its id.
 */
export function createKeeperMiddleware(providers: readonly Provider[], ports: Pick<Ports, 'responses'>): Middleware {
  return (call, next) => {
    const state = call.protocol.stateOf?.(call.request)
    return state && call.target ? askKeeper(call, call.target, state, next) : next(call)
  }

  async function askKeeper(
    call: Call,
    target: NonNullable<Call['target']>,
    state: RequestState,
    next: Handler,
  ): Promise<Answer> {
    const answer = await next(await bound(call, target, state, providers, ports))
    await note(call, state, providers, ports)
    return answer
  }
}

async function bound(
  call: Call,
  target: NonNullable<Call['target']>,
  state: RequestState,
  providers: readonly Provider[],
  ports: Pick<Ports, 'responses'>,
): Promise<Call> {
  const { trace } = call
  const edited = call.edited || state.isWrapped
  const found = await boundTo(state, { target, route: trace.route ?? '' }, providers, ports)
  if (!found) return { ...call, edited }
  trace.target = found.target
  trace.reason = found.reason
  return { ...call, edited, target: found.target, fallbacks: [], isConfined: true, keeper: found.keeper }
}

async function note(
  { protocol, trace }: Call,
  { conversation, isKept }: RequestState,
  providers: readonly Provider[],
  { responses }: Pick<Ports, 'responses'>,
): Promise<void> {
  const { target, answerId, key } = trace
  const provider = providers.find(({ name }) => name === target?.provider)
  // An answer that was translated is kept by nobody.
  if (!target || !provider || !endpointsFor(provider, target.model).some((each) => each.protocol === protocol.id))
    return
  const shown = key ?? (provider.apiKey === undefined ? undefined : markOfKey(provider.apiKey))
  const keeper = { ...target, ...(shown !== undefined && { key: shown }) }
  const ids = [...(isKept && answerId ? [answerId] : []), ...(conversation ? [conversation] : [])]
  await Promise.all(ids.map((id) => responses.set(id, keeper)))
}
