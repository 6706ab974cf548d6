import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { createUpstream, type Upstream } from '../helper/upstream.ts'
import { conversationOf } from './conversation.ts'
import { nextTurn } from './episode.ts'
import type { Fault } from './fault.ts'

/**
 * A scripted model on loopback, in every protocol at once. It answers from the conversation it sees and keeps no state,
 * so the same prompt works straight and behind a router that translates. The fault befalls the first answer alone.
 */
export function createProvider(fault?: Fault): Promise<Upstream> {
  return createUpstream((request) => {
    if (request.serial > MOST_REQUESTS) return json({ error: { message: 'the episode goes round in circles' } }, 403)
    if (request.path.endsWith('/count_tokens')) return json({ input_tokens: request.text.length })
    if (request.path.endsWith('/count-tokens')) return json({ inputTokens: request.text.length })
    if (request.method !== 'POST') return json({ error: { message: 'not found' } }, 404)
    const right = answerTurn(request, nextTurn(conversationOf(request)))
    return fault && request.serial === 0 ? fault.bend(right, request) : right
  })
}

const MOST_REQUESTS = 40
