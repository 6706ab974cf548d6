import { answerTurn } from '../helper/answer-turn.ts'
import { json, type Answer } from '../helper/answer.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'
import { conversationOf } from './conversation.ts'
import { nextTurn } from './episode.ts'
import { passingFaults } from './fault.ts'

/** A provider in bad weather, and what it did to each request. */
export interface Stormy extends Upstream {
  readonly weather: readonly string[]
}

/** Every second answer of this provider goes wrong, each time in another way. */
export async function createStormy(): Promise<Stormy> {
  const weather: string[] = []
  const upstream = await createUpstream((request) =>
    played(request, (right) => {
      const fault = weather.length % 2 === 0 ? passingFaults[(weather.length / 2) % passingFaults.length] : undefined
      weather.push(fault?.name ?? 'a good answer')
      return fault?.bend(right, request) ?? right
    }),
  )
  return { ...upstream, weather }
}

/** A provider whose answers are all right. */
export function createSteady(): Promise<Upstream> {
  return createUpstream((request) => played(request, (right) => right))
}

/** Two providers, the first of them in bad weather, as a user would set them up. */
export function stormConfig(stormy: Upstream, steady: Upstream): unknown {
  return {
    LOG_LEVEL: 'debug',
    Providers: [
      {
        name: 'stormy',
        api_base_url: `${stormy.url}/v1/messages`,
        api_key: 'stormy-key',
        models: ['scripted-model'],
        transformer: { use: ['Anthropic'] },
      },
      {
        name: 'steady',
        api_base_url: `${steady.url}/v1/chat/completions`,
        api_key: 'steady-key',
        models: ['scripted-model'],
      },
    ],
    Router: { default: 'stormy,scripted-model' },
    fallback: { default: ['steady,scripted-model'] },
    retry: { pause: 20 },
    breaker: { failures: 3, rest: 500 },
  }
}

function played(request: Received, bend: (right: Answer) => Answer): Answer {
  if (request.path.endsWith('/count_tokens')) return json({ input_tokens: request.text.length })
  if (request.method !== 'POST') return json({ error: { message: 'not found' } }, 404)
  return bend(answerTurn(request, nextTurn(conversationOf(request))))
}
