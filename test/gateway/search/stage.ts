import type { ProtocolId } from '../../../src/canonical/native.ts'
import type { GatewayConfig } from '../../../src/gateway/gateway.ts'
import type { SearchBackendName, WebSearchSettings } from '../../../src/gateway/search/settings.ts'
import type { Provider } from '../../../src/provider/provider.ts'
import { json, type Answer } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import type { Turn } from '../../helper/turn.ts'
import { createUpstream, type Received, type Script } from '../../helper/upstream.ts'

/** Parsed JSON whose shape a test knows. */
export type Loose = ReturnType<typeof JSON.parse>

/** Pages as each engine tells of them. */
export const PAGES = [
  { url: 'https://bun.sh/blog/two', title: 'Bun 2 is out', text: 'Bun 2 was released in November.', age: '2026-11-02' },
  { url: 'https://example.org/bun', title: 'On Bun', text: 'Notes about Bun.' },
] as const

const answers: Readonly<Record<SearchBackendName, () => unknown>> = {
  tavily: () => ({
    query: 'x',
    results: PAGES.map((page) => ({
      url: page.url,
      title: page.title,
      content: page.text,
      score: 0.9,
      ...('age' in page && { published_date: page.age }),
    })),
  }),
  brave: () => ({
    type: 'search',
    web: {
      results: PAGES.map((page) => ({
        url: page.url,
        title: `<strong>${page.title}</strong>`,
        description: page.text,
        ...('age' in page && { page_age: page.age }),
      })),
    },
  }),
  searxng: () => ({
    results: PAGES.map((page) => ({
      url: page.url,
      title: page.title,
      content: page.text,
      engine: 'mock',
      ...('age' in page && { publishedDate: page.age }),
    })),
  }),
}

/** What an engine answers with `PAGES`. */
export function found(backend: SearchBackendName): Answer {
  return json(answers[backend]())
}

export interface SearchSetting {
  /** What the provider speaks. */
  readonly protocol?: ProtocolId
  /** What the model says, turn by turn; the last is said again. */
  readonly turns: readonly (Turn | Script)[]
  readonly backend?: SearchBackendName
  /** What the engine answers. */
  readonly engine?: Script
  readonly settings?: Partial<WebSearchSettings>
  readonly config?: Partial<GatewayConfig>
  readonly provider?: Partial<Provider>
}

/** A gateway with one provider and one search engine, both scripted. */
export async function searchStage(setting: SearchSetting) {
  const { protocol = 'openai-chat', turns, backend = 'tavily', engine, settings, config, provider } = setting
  const upstream = await createUpstream((request) => {
    const turn = turns[Math.min(request.serial, turns.length - 1)]
    if (!turn) throw new Error('no turn is scripted')
    return typeof turn === 'function' ? turn(request) : answerTurn(request, turn)
  })
  const searcher = await createUpstream((request) => engine?.(request) ?? found(backend))
  const webSearch: WebSearchSettings = {
    backend,
    baseUrl: searcher.url,
    apiKey: 'search-key-123',
    maxResults: 5,
    timeoutMs: 5000,
    proxy: false,
    ...settings,
  }
  const { gateway, lines, calls } = testGateway({
    providers: [testProvider(upstream.url, protocol, provider)],
    webSearch,
    ...config,
  })
  return {
    upstream,
    searcher,
    lines,
    calls,
    gateway,
    ask: (path: string, body: object, init: { signal?: AbortSignal } = {}): Promise<Response> =>
      gateway(post(path, { ...body }, init)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([upstream.close(), searcher.close()])
    },
  }
}

/** The body that an upstream received. */
export function sent(request: Received | undefined): Loose {
  return request?.body as Loose
}

/** The data of all frames of a stream. */
export async function frames(response: Response): Promise<Loose[]> {
  const text = await response.text()
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)))
}

/** The message that Anthropic's events add up to, as its SDK adds them. */
export function messageOf(events: readonly Loose[]): Loose {
  let message: Loose = {}
  const inputs = new Map<number, string>()
  for (const event of events) {
    if (event['type'] === 'message_start') message = event['message']
    else if (event['type'] === 'content_block_start') message['content'].push(event['content_block'])
    else if (event['type'] === 'content_block_delta') {
      const block = message['content'][event['index']]
      const { delta, index } = event as { delta: Record<string, string>; index: number }
      if (delta['type'] === 'text_delta') block.text += delta['text']
      if (delta['type'] === 'input_json_delta') inputs.set(index, (inputs.get(index) ?? '') + delta['partial_json'])
    } else if (event['type'] === 'content_block_stop') {
      const input = inputs.get(event['index'])
      if (input !== undefined) message['content'][event['index']].input = JSON.parse(input)
    } else if (event['type'] === 'message_delta') {
      Object.assign(message, event['delta'])
      message['usage'] = { ...message['usage'], ...event['usage'] }
    } else if (event['type'] === 'error') message['error'] = event['error']
  }
  return message
}
