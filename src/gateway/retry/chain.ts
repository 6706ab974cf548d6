import { ERROR_POLICIES, ModelError } from '../../canonical/error.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import { distinct, nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'

/** Somebody who was asked in vain. */
export interface Failure {
  readonly target: RouteTarget
  readonly error: ModelError
}

/** Finds who can be asked after a failure. */
export interface Chain {
  /** Those of `left` that may do better, in the order in which to ask them. */
  after(failure: Failure, left: readonly RouteTarget[]): readonly RouteTarget[]
}

/**
 * `forOverflow`: whom to ask besides when a prompt does not fit, first. `longContext`: the model that the user has named
 * for long prompts, which counts among them if its window is known to be larger.
 */
export function createChain(
  providers: readonly Provider[],
  forOverflow: readonly RouteTarget[],
  longContext: RouteTarget | undefined,
): Chain {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  const windowOf = ({ provider, model }: RouteTarget): number | undefined => {
    const row = byName.get(provider)
    return row && traitsFor(row, model).contextWindow
  }
  const largerThan = (target: RouteTarget, left: readonly RouteTarget[]): readonly RouteTarget[] => {
    const window = windowOf(target)
    const isLarger = (other: RouteTarget): boolean => (windowOf(other) ?? 0) > (window ?? Infinity)
    const own = longContext && isLarger(longContext) ? [longContext] : []
    const named = distinct([...forOverflow, ...left, ...own]).filter(
      (other) => nameOfTarget(other) !== nameOfTarget(target),
    )
    const mayFit = named.filter((other) => (windowOf(other) ?? Infinity) > (window ?? 0))
    return mayFit.toSorted((one, other) => Number(isLarger(other)) - Number(isLarger(one)))
  }
  return {
    after({ target, error }, left) {
      switch (ERROR_POLICIES[error.kind].elsewhere) {
        case 'any':
          return left
        case 'other-provider':
          return left.filter(({ provider }) => provider !== target.provider)
        case 'larger-window':
          return largerThan(target, left)
        case 'never':
          return []
      }
    },
  }
}

/**
 * What the client is told when nobody has answered: the first failure, unless a later one is more hopeful. An error of the
 * request itself is the client's to mend; of the others, one that passes makes the client try again.
 */
export function toldOf(failures: readonly Failure[]): ModelError | undefined {
  const [first] = failures
  if (!first || failures.length === 1) return first?.error
  const isPassing = ({ error }: Failure): boolean => PASSING.has(error.kind)
  const chosen = ERROR_POLICIES[first.error.kind].blames === 'nobody' ? first : (failures.find(isPassing) ?? first)
  const others = failures.filter((failure) => failure !== chosen)
  const waits = failures.map(({ error }) => error.details.retryAfterMs)
  const wait = waits.every((ms) => ms !== undefined) ? Math.min(...waits) : chosen.error.details.retryAfterMs
  const also = others.map(({ target, error }) => `${nameOfTarget(target)}: ${error.kind}`).join('; ')
  const { retryAfterMs: _own, ...details } = chosen.error.details
  return new ModelError(`${clipped(chosen.error.message)} (nor did anybody else answer: ${also})`, {
    ...details,
    status: chosen.error.status,
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}

const PASSING: ReadonlySet<ModelError['kind']> = new Set([
  'rate-limit',
  'overload',
  'server',
  'network',
  'timeout',
  'cut-stream',
  'empty-answer',
  'malformed',
])

/** The end, which says who else has failed, must not be cut off by a long beginning. */
function clipped(message: string): string {
  return message.length > 180 ? `${message.slice(0, 179)}…` : message
}
