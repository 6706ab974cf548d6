import { json, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'
import { conversationOf } from './conversation.ts'
import { nextTurn } from './episode.ts'

/** What goes wrong with this request; undefined: nothing does. */
export type Fault = (request: Received) => Answer | undefined

/**
 * A scripted model on loopback, in every protocol at once. It answers from the conversation it sees and keeps no state,
 * so the same prompt works straight and behind a router that translates.
 */
export function createProvider(fault?: Fault): Promise<Upstream> {
  return createUpstream((request) => {
    if (request.serial > MOST_REQUESTS) return json({ error: { message: 'the episode goes round in circles' } }, 403)
    if (request.path.endsWith('/count_tokens')) return json({ input_tokens: request.text.length })
    if (request.method !== 'POST') return json({ error: { message: 'not found' } }, 404)
    return fault?.(request) ?? answerTurn(request, nextTurn(conversationOf(request)))
  })
}

const MOST_REQUESTS = 40
