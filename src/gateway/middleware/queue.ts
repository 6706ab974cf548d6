import { promptTokens } from '../../canonical/usage.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Provider } from '../../provider/provider.ts'
import { inputTokensOf } from '../input-tokens.ts'
import type { Answer, Call, Chunks } from '../call.ts'
import { createQueue } from '../limits/queue.ts'
import type { PlaceLayer } from '../place.ts'

/** Has calls wait for their turn at providers whose `limits` are known, rather than be refused there. */
export function createQueues(providers: readonly Provider[], ports: Pick<Ports, 'now' | 'after'>): PlaceLayer {
  const queues = new Map(
    providers.flatMap(({ name, limits }) => (limits ? [[name, createQueue(limits, name, ports)] as const] : [])),
  )
  return ({ provider }, next) => {
    const queue = queues.get(provider.name)
    if (!queue) return next
    const countsTokens = provider.limits?.tokensPerMinute !== undefined
    return async (call) => {
      const tokens = countsTokens ? inputTokensOf(call, call.request) : 0
      const place = await queue.enter(tokens, call.signal)
      const leave = (): void => place.leave(countsTokens ? takenBy(call) - tokens : 0)
      try {
        return leaving(await next(call), leave)
      } catch (cause) {
        leave()
        throw cause
      }
    }
  }
}

function takenBy({ trace: { usage } }: Call): number {
  return usage ? promptTokens(usage) + (usage.output ?? 0) : 0
}

/** `answer`, and `leave` as soon as it is over, however it ends. */
function leaving(answer: Answer, leave: () => void): Answer {
  const { body } = answer
  if (typeof body === 'string') {
    leave()
    return answer
  }
  const chunks: Chunks = {
    async next() {
      try {
        const bytes = await body.next()
        if (!bytes) leave()
        return bytes
      } catch (cause) {
        leave()
        throw cause
      }
    },
    cancel() {
      body.cancel()
      leave()
    },
  }
  return { ...answer, body: chunks }
}
