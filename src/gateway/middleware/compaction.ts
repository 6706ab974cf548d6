import { ModelError } from '../../canonical/error.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Answer, Middleware } from '../call.ts'

/** A provider that speaks the client's protocol but cannot compact is asked for the summary in words. */
export function createCompactionMiddleware({ log }: Pick<Ports, 'log'>): Middleware {
  return (call, next) => {
    if (!call.protocol.compaction) return next(call)
    const askInWords = (cause: unknown): Promise<Answer> => {
      if (!(cause instanceof ModelError) || cause.kind !== 'bad-request' || !NAMES_IT.test(cause.message)) throw cause
      const request = call.protocol.compaction?.inWords(call.request)
      if (!request) throw cause
      log('info', `${cause.message}: asking for the summary in words`, { call: call.id })
      return next({ ...call, request, edited: true })
    }
    return next(call).catch(askInWords)
  }
}

const NAMES_IT = /compaction/i
