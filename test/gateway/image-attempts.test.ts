import { createHash } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import type { GatewayConfig } from '../../src/gateway/gateway.ts'
import type { Provider } from '../../src/provider/provider.ts'
import { namePattern } from '../../src/router/pattern.ts'
import { DEFAULT_RETRY } from '../../src/provider/resilience.ts'
import type { RouteTarget } from '../../src/router/route.ts'
import { json, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const image = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })
const conversation = (...images: string[]) => [
  { role: 'user', content: [{ type: 'text', text: 'What is wrong here?' }, ...images.map(image)] },
  { role: 'assistant', content: 'A broken layout.' },
  { role: 'user', content: 'Fix it.' },
]
const RETRY = { ...DEFAULT_RETRY, pauseMs: 1, longestPauseMs: 5 }

const mock: RouteTarget = { provider: 'mock', model: 'blind' }
const eyes: RouteTarget = { provider: 'eyes', model: 'vision' }
const others: RouteTarget = { provider: 'others', model: 'vision' }

/** What the providers that see answer to their `count`th request, from 0. */
type See = (request: Received, count: number) => Answer
const sees =
  (text: string): See =>
  (request) =>
    answerTurn(request, { text, usage: USAGE })
const fails =
  (status: number): See =>
  () =>
    json({ error: { message: 'No.' } }, status)

interface Setting {
  readonly first?: See
  readonly second?: See
  readonly row?: Partial<Provider>
  readonly mockRow?: Partial<Provider>
  readonly config?: Partial<GatewayConfig>
}

/** A model that does not see in front of two providers that do; the second is the fallback of `image`. */
async function createLooks({ first = sees('One.'), second = sees('Two.'), row, mockRow, config }: Setting) {
  const counts = { eyes: 0, others: 0 }
  const upstream = await createUpstream((request) => {
    if (request.path.startsWith('/eyes')) return first(request, counts.eyes++)
    if (request.path.startsWith('/others')) return second(request, counts.others++)
    return answerTurn(request, { text: 'done', usage: USAGE })
  })
  const provider = (name: string, url: string, models: string[], more: Partial<Provider> = {}): Provider =>
    testProvider(url, 'openai-chat', { name, models, ...more })
  const made = testGateway({
    providers: [
      provider('mock', upstream.url, ['blind', 'vision'], mockRow),
      provider('eyes', `${upstream.url}/eyes`, ['vision'], row),
      provider('others', `${upstream.url}/others`, ['vision']),
    ],
    routes: {
      targets: { default: mock, image: eyes },
      fallbacks: { image: [others] },
      longContextThreshold: 60_000,
    },
    ...config,
  })
  return {
    ...made,
    upstream,
    counts,
    ask: async (body: object = { messages: conversation(PNG) }, headers: Record<string, string> = {}) => {
      const response = await made.gateway(
        post('/v1/messages', { model: 'claude-x', max_tokens: 100, ...body }, { headers }),
      )
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    /** What the model that does not see was told last. */
    told: () => upstream.requests.findLast(({ path }) => path.startsWith('/v1'))?.text ?? '',
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

describe('a look at an image is asked for as any call is', () => {
  test('again, where the provider is only busy', async () => {
    await using scene = await createLooks({
      first: (request, count) => (count < 2 ? fails(529)(request, count) : sees('One.')(request, count)),
      row: { retry: RETRY },
      config: { routes: { targets: { default: mock, image: eyes }, longContextThreshold: 60_000 } },
    })
    expect((await scene.ask()).status).toBe(200)
    expect(scene.told()).toContain('One.')
    expect(scene.counts).toEqual({ eyes: 3, others: 0 })
    const [record] = scene.calls
    expect(record).toMatchObject({ route: 'image', provider: 'eyes', status: 200 })
    expect(record?.attempts?.map(({ status }) => status)).toEqual([529, 529, undefined])
  })

  test('with another key of the provider', async () => {
    await using scene = await createLooks({
      first: (request, count) =>
        request.headers['authorization'] === 'Bearer dead' ? fails(401)(request, count) : sees('One.')(request, count),
      row: { apiKey: 'dead', apiKeys: ['dead', 'good'] },
    })
    await scene.ask()
    expect(scene.told()).toContain('One.')
    expect(scene.counts).toEqual({ eyes: 2, others: 0 })
    // The dead key is left alone from then on.
    await scene.ask({ messages: conversation(PNG.replace('LbSnc', 'LbSnd')) })
    expect(scene.counts).toEqual({ eyes: 3, others: 0 })
  })

  test.each<[string, See]>([
    ['fails', fails(500)],
    ['says nothing about it', sees(' ')],
  ])('of who stands behind it in `fallback`, where the first %s', async (_, first) => {
    await using scene = await createLooks({ first })
    const { status, headers } = await scene.ask()
    expect(status).toBe(200)
    expect(scene.told()).toContain('Two.')
    expect(headers.get('x-ccr-reason')).toContain('images are described by others,vision')
    expect(headers.get('x-ccr-model')).toBe('mock,blind')
    expect(scene.calls[0]).toMatchObject({ route: 'image', provider: 'others', fallback: true, status: 200 })
    // It is remembered as if the first had said it: prompts stay equal.
    const before = scene.told()
    await scene.ask()
    expect(scene.told()).toBe(before)
    expect(scene.counts.others).toBe(1)
  })

  test('of nobody who does not see', async () => {
    await using scene = await createLooks({
      first: fails(500),
      config: {
        routes: {
          targets: { default: mock, image: eyes },
          fallbacks: { image: [{ provider: 'mock', model: 'vision' }] },
          longContextThreshold: 60_000,
        },
      },
      mockRow: { traits: { images: false } },
    })
    await scene.ask()
    expect(scene.told()).toContain('could not be described')
    expect(scene.upstream.requests.filter(({ path }) => path.startsWith('/v1')).length).toBe(1)
  })

  test('of nobody whom the client’s key may not use', async () => {
    const hash = createHash('sha256').update('key-of-a-client').digest('hex')
    const models = ['mock,*', 'eyes,*'].map((name) => namePattern(name))
    await using scene = await createLooks({
      first: fails(500),
      config: { clientKeys: [{ label: 'guest', hash, models }] },
    })
    const { status } = await scene.ask(undefined, { 'x-api-key': 'key-of-a-client' })
    expect(status).toBe(200)
    expect(scene.told()).toContain('could not be described')
    expect(scene.counts).toEqual({ eyes: 1, others: 0 })
  })
})

describe('whoever sees is shown the image', () => {
  test('also where it answers in place of the image route', async () => {
    await using scene = await createLooks({ first: fails(500) })
    const { text, headers } = await scene.ask({ messages: conversation(PNG).slice(0, 1) })
    expect(text).toContain('Two.')
    expect(headers.get('x-ccr-reason')).not.toContain('described')
    expect(scene.upstream.requests.find(({ path }) => path.startsWith('/others'))?.text).toContain(PNG)
  })
})

describe('limits', () => {
  test('a provider that allows one call at a time is not waited for by the call that needs the look', async () => {
    await using scene = await createLooks({
      mockRow: { limits: { concurrent: 1, queue: 10, waitMs: 1000 } },
      config: {
        routes: {
          targets: { default: mock, image: { provider: 'mock', model: 'vision' } },
          longContextThreshold: 60_000,
        },
      },
    })
    const images = ['LbSnd', 'LbSne', 'LbSnf'].map((word) => PNG.replace('LbSnc', word))
    expect((await scene.ask({ messages: conversation(...images) })).status).toBe(200)
    expect(scene.upstream.requests.length).toBe(4)
    expect(scene.told()).not.toContain('could not be described')
  })

  test('tokens that looks take are taken from those of the client; requests are its own alone', async () => {
    const tokens = USAGE.input + USAGE.cacheRead + USAGE.cacheWrite + USAGE.output
    const quotas = [
      { of: 'tokens', span: 'hour', most: 4 * tokens },
      { of: 'requests', span: 'hour', most: 3 },
    ] as const
    await using scene = await createLooks({ config: { limits: { quotas } } })
    // The first takes two looks and its own answer, the second its answer alone: all is taken then.
    const two = { messages: conversation(PNG, PNG.replace('LbSnc', 'LbSnd')) }
    expect((await scene.ask(two)).status).toBe(200)
    expect((await scene.ask(two)).status).toBe(200)
    const { status, text } = await scene.ask(two)
    expect([status, text.includes('tokens')]).toEqual([429, true])
  })
})
