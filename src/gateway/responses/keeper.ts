import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'
import type { RequestState } from '../../protocol/protocol.ts'
import type { Provider } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Keeper } from '../../store/response-store.ts'

/** What was chosen for a request before anybody looked at what it goes on from. */
export interface Chosen {
  readonly target: RouteTarget
  /** `explicit`: the client named it. */
  readonly route: string
}

/** Whom a request must go to because of what it goes on from. */
export interface Bound {
  readonly target: RouteTarget
  readonly keeper: Keeper
  /** One readable sentence. */
  readonly reason: string
}

/**
 * Who keeps what the request goes on from; nothing if it does not go on from anything that is known. Throws a
 * `ModelError` for an answer that nobody here has made, and where the client names another provider than its maker.
 */
export async function boundTo(
  state: RequestState | undefined,
  { target, route }: Chosen,
  providers: readonly Provider[],
  { responses }: Pick<Ports, 'responses'>,
): Promise<Bound | undefined> {
  const { previous, conversation } = state ?? {}
  const id = previous ?? conversation
  if (id === undefined) return undefined
  const keeper = await responses.get(id)
  // A conversation may have been made elsewhere: its provider knows it or says that it does not.
  if (!keeper && previous === undefined) return undefined
  if (!keeper) throw unknownPrevious(id)
  const what = previous === undefined ? 'conversation' : 'response'
  const provider = providers.find(({ name }) => name === keeper.provider)
  if (!provider) throw stranded(what, id, `is kept by ${keeper.provider}, which is no longer configured`)
  if (route === 'explicit' && target.provider !== keeper.provider)
    throw stranded(what, id, `is kept by ${keeper.provider}, and the model is one of ${target.provider}`)
  const model = target.provider === keeper.provider ? target.model : keeper.model
  return { target: { provider: provider.name, model }, keeper, reason: `${keeper.provider} keeps the ${what} ${id}` }
}

/** What tells the keys of one provider apart: 53 bits, from which nobody gets back to the key. */
export function markOfKey(key: string): string {
  return fingerprint(key)
}

/** The error for the id of an answer that no provider made through this router. */
export function unknownPrevious(id: string): ModelError {
  return new ModelError(`Previous response with id '${id}' not found: ${REMEDY}.`, {
    kind: 'bad-request',
    code: 'previous_response_not_found',
    param: 'previous_response_id',
    shouldRetry: false,
  })
}

/** The error where nobody can count what only its keeper knows. */
export function uncounted({ provider, model }: RouteTarget): ModelError {
  const message = `${provider} (${model}) counts no tokens, and only it knows what the request goes on from`
  return new ModelError(message, { kind: 'bad-request', status: 501, provider, model })
}

function stranded(what: string, id: string, why: string): ModelError {
  return new ModelError(`The ${what} ${id} cannot be gone on from: it ${why}. ${REMEDY_ELSEWHERE}.`, {
    kind: 'bad-request',
    code: 'previous_response_not_found',
    param: what === 'response' ? 'previous_response_id' : 'conversation',
    shouldRetry: false,
  })
}

const REMEDY =
  'no provider has kept it for this router. Send the whole conversation as "input"; only a provider that speaks the Responses API keeps one'
const REMEDY_ELSEWHERE = 'Ask a model of that provider, or send the whole conversation as "input"'
