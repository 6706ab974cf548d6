import { createCollector } from '../../canonical/reply.ts'
import { encodeLine } from '../../protocol/framing/sse.ts'
import type { EncodeContext } from '../../protocol/protocol.ts'
import type { Batches } from '../batches.ts'
import type { Answer, Call, Chunks } from '../call.ts'
import { createRounds, type RoundParts, type ToldAnswer } from './rounds.ts'

/** The whole answer for the client, of which `first` is the first round. */
export async function answerWith(first: ToldAnswer, call: Call, parts: Omit<RoundParts, 'signal'>): Promise<Answer> {
  const gone = new AbortController()
  const signal = AbortSignal.any([call.signal, gone.signal])
  const rounds = createRounds(first, { ...call, signal }, { ...parts, signal })
  const context: EncodeContext = {
    id: parts.ports.id,
    created: Math.floor(parts.ports.now() / 1000),
    model: call.trace.target?.model ?? call.request.model,
    ...(call.request.native && { requestNative: call.request.native }),
  }
  const { headers } = first
  if (!call.request.stream) return { headers, body: JSON.stringify(await whole(rounds, call, context)) }
  const cancel = (): void => {
    gone.abort()
    rounds.cancel?.()
  }
  return { headers, body: encoded(rounds, call.protocol.encodeStream(context), cancel) }
}

async function whole(rounds: Batches, { protocol }: Call, context: EncodeContext) {
  const collector = createCollector()
  for (let batch = await rounds.next(); batch; batch = await rounds.next())
    batch.forEach((event) => collector.push(event))
  const reply = collector.end()
  if (!reply) throw new Error('the rounds of an answer ended without an end')
  return protocol.encodeReply(reply, context)
}

function encoded(rounds: Batches, encoder: ReturnType<Call['protocol']['encodeStream']>, cancel: () => void): Chunks {
  const text = new TextEncoder()
  let isOver = false
  return {
    async next() {
      while (!isOver) {
        // oxlint-disable-next-line no-await-in-loop -- one piece after the other
        const batch = await rounds.next()
        isOver = batch === undefined
        const frames = batch ? batch.flatMap((event) => encoder.push(event)) : encoder.end()
        const out = frames.map((frame) => encodeLine(frame)).join('')
        if (out !== '') return text.encode(out)
      }
      return undefined
    },
    cancel,
  }
}
