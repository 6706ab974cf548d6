import { promptTokens } from '../../canonical/usage.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Provider } from '../../provider/provider.ts'
import { inputTokensOf } from '../input-tokens.ts'
import type { Answer, Call, Chunks, Middleware } from '../call.ts'
import { createQueue } from '../limits/queue.ts'

/** Has calls wait for their turn at providers whose `limits` are known, rather than be refused there. */
export function createQueues(providers: readonly Provider[], ports: Pick<Ports, 'now' | 'after'>): Middleware[] {
  const limited = providers.flatMap(({ name, limits }) => {
    if (!limits) return []
    const queue = createQueue(limits, name, ports)
    return [[name, { queue, countsTokens: limits.tokensPerMinute !== undefined }] as const]
  })
  if (limited.length === 0) return []
  const queues = new Map(limited)
  const wait: Middleware = async (call, next) => {
    const found = queues.get(call.target?.provider ?? '')
    if (!found) return next(call)
    const { queue, countsTokens } = found
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
  return [wait]
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
