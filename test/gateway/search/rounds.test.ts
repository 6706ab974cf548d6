import { describe, expect, test } from 'bun:test'
import type { Transformer } from '../../../src/provider/transformer.ts'
import { insertAfter, json, silence } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { testProvider } from '../../helper/gateway.ts'
import { USAGE, type Turn } from '../../helper/turn.ts'
import { createUpstream, type Script } from '../../helper/upstream.ts'
import { found, frames, messageOf, searchStage, sent, type Loose, type SearchSetting } from './stage.ts'

const search = (query = 'bun 2', id?: string) => ({ name: 'web_search', input: { query }, ...(id && { id }) })
const SEARCH: Turn = { calls: [search()] }
const ANSWER: Turn = { text: 'Bun 2 is out.' }
const TOOL = { type: 'web_search_20250305', name: 'web_search' }
const READ = { name: 'Read', description: 'Reads.', input_schema: { type: 'object', properties: {} } }
const user = (content: unknown = 'What is new?') => ({ role: 'user', content })

const asked = (more: object = {}) => ({
  model: 'mock-model',
  max_tokens: 1000,
  messages: [user()],
  tools: [TOOL],
  ...more,
})

async function play(setting: SearchSetting, body: object = asked()) {
  await using stage = await searchStage(setting)
  const response = await stage.ask('/v1/messages', body)
  const isStream = (body as { stream?: boolean }).stream === true
  const message = isStream ? messageOf(await frames(response)) : await response.json()
  return {
    status: response.status,
    message,
    blocks: (message.content ?? []) as Loose[],
    sent: stage.upstream.requests.map(sent),
    queries: stage.searcher.requests.map((request) => sent(request)['query'] as string),
    lines: stage.lines,
    record: stage.calls[0],
    searches: stage.searcher.requests,
  }
}

const typesOf = (blocks: readonly Loose[]) => blocks.map(({ type }) => type as string)

describe('the rounds of an answer', () => {
  test('are as many as the model searches, one after the other or at once', async () => {
    const turns = [{ calls: [search('one')] }, { calls: [search('two', 'call_a'), search('three', 'call_b')] }, ANSWER]
    const { blocks, queries, message, sent: bodies } = await play({ turns })
    expect(queries.toSorted()).toEqual(['one', 'three', 'two'])
    const [use, result] = ['server_tool_use', 'web_search_tool_result']
    expect(typesOf(blocks)).toEqual([use, result, use, use, result, result, 'text'] as string[])
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 3 })
    const roles = bodies[2]?.['messages'].map(({ role }: { role: string }) => role)
    expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool', 'tool'])
  })

  test.each([
    ['max_uses of the client', { tools: [{ ...TOOL, max_uses: 2 }] }, 2],
    ['five where it does not say', {}, 5],
    ['twenty whatever it says', { tools: [{ ...TOOL, max_uses: 1000 }] }, 20],
    ['none at all', { tools: [{ ...TOOL, max_uses: 0 }] }, 0],
  ])('search no more often than %s', async (_, more, most) => {
    const { blocks, queries, message, sent: bodies } = await play({ turns: [SEARCH] }, asked(more))
    expect(queries).toHaveLength(most)
    expect(blocks.at(-1)).toMatchObject({
      type: 'web_search_tool_result',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    })
    expect(message.stop_reason).toBe('end_turn')
    expect(bodies.length).toBeLessThanOrEqual(most + 2)
    // Who may search no more is told to answer.
    expect(bodies.at(-1)?.['tool_choice']).toBe('none')
  })

  test('end where the model calls a tool of the client, with what the search found', async () => {
    const first = { calls: [search('bun', 'call_1'), { name: 'Read', input: { file: 'a' }, id: 'call_2' }] }
    const { blocks, message, sent: bodies } = await play({ turns: [first, ANSWER] }, asked({ tools: [TOOL, READ] }))
    expect(bodies).toHaveLength(1)
    expect(message.stop_reason).toBe('tool_use')
    expect(typesOf(blocks)).toEqual(['server_tool_use', 'tool_use', 'web_search_tool_result'])
    const next = await play(
      { turns: [ANSWER] },
      asked({
        tools: [TOOL, READ],
        messages: [
          user(),
          { role: 'assistant', content: blocks },
          user([{ type: 'tool_result', tool_use_id: 'call_2', content: 'text of a' }]),
        ],
      }),
    )
    const [, assistant, ...results] = next.sent[0]?.['messages'] ?? []
    expect(assistant.tool_calls.map(({ function: { name } }: Loose) => name)).toEqual(['web_search', 'Read'])
    expect(results.map(({ content }: { content: string }) => content)).toEqual([
      expect.stringContaining('Bun 2 was released in November.'),
      'text of a',
    ])
  })

  test('do not take a tool of the client for the search', async () => {
    const own = { name: 'web_search', description: 'Mine.', input_schema: { type: 'object', properties: {} } }
    const anthropic = { ...TOOL, name: 'server_search' }
    const { message, queries, sent: bodies } = await play({ turns: [SEARCH] }, asked({ tools: [anthropic, own] }))
    expect(message.stop_reason).toBe('tool_use')
    expect(queries).toEqual([])
    const names = bodies[0]?.['tools'].map(({ function: { name } }: Loose) => name)
    expect(names).toEqual(['web_search', 'web_search_2'])
  })

  test('force the search once', async () => {
    const choice = { type: 'tool', name: 'web_search' }
    const { sent: bodies } = await play({ turns: [SEARCH, ANSWER] }, asked({ tool_choice: choice }))
    expect(bodies.map((body) => body['tool_choice'])).toEqual([
      { type: 'function', function: { name: 'web_search' } },
      'auto',
    ])
  })

  test.each([
    ['no JSON', '{"query": '],
    ['no query', '{"words": "x"}'],
  ])('tell the model of a call with %s', async (_, input) => {
    const turns = [{ calls: [{ name: 'web_search', input }] }, ANSWER]
    const { blocks, queries, message } = await play({ turns })
    expect(queries).toEqual([])
    expect(blocks[1]?.['content']).toMatchObject({ error_code: 'invalid_tool_input' })
    expect(message.stop_reason).toBe('end_turn')
  })

  test('do not search for an answer that was cut', async () => {
    const { blocks, queries, message } = await play({ turns: [{ ...SEARCH, stop: 'length' }] })
    expect(queries).toEqual([])
    expect(message.stop_reason).toBe('max_tokens')
    expect(typesOf(blocks)).toEqual(['server_tool_use', 'web_search_tool_result'])
  })

  test.each([true, false])('go on with another target where the first one fails, streamed: %p', async (stream) => {
    await using other = await createUpstream((request) => answerTurn(request, ANSWER))
    await using first = await createUpstream((request) =>
      request.serial === 0 ? answerTurn(request, SEARCH) : json({ error: { message: 'down' } }, 500),
    )
    const { message, record } = await play(
      {
        turns: [SEARCH],
        config: {
          providers: [
            testProvider(first.url, 'openai-chat', { name: 'one', models: ['mock-model'] }),
            testProvider(other.url, 'anthropic-messages', { name: 'two', models: ['other'] }),
          ],
          routes: {
            targets: { default: { provider: 'one', model: 'mock-model' } },
            fallbacks: { default: [{ provider: 'two', model: 'other' }] },
            longContextThreshold: 60_000,
          },
        },
      },
      asked({ stream }),
    )
    expect(message.content.at(-1).text).toBe('Bun 2 is out.')
    expect(record).toMatchObject({ provider: 'two', fallback: true })
    expect(other.requests[0]?.text).toContain('Bun 2 was released in November.')
  })

  test.each([true, false])('are those of who answers first where calls are hedged, streamed: %p', async (stream) => {
    await using slow = await createUpstream(() => silence())
    await using quick = await createUpstream((request) => answerTurn(request, request.serial === 0 ? SEARCH : ANSWER))
    const { message, queries, record } = await play(
      {
        turns: [SEARCH],
        config: {
          hedgeAfterMs: 20,
          providers: [
            testProvider(slow.url, 'openai-chat', { name: 'slow', models: ['mock-model'] }),
            testProvider(quick.url, 'gemini', { name: 'quick', models: ['other'], traits: { webSearch: false } }),
          ],
          routes: {
            targets: { default: { provider: 'slow', model: 'mock-model' } },
            fallbacks: { default: [{ provider: 'quick', model: 'other' }] },
            longContextThreshold: 60_000,
          },
        },
      },
      asked({ stream }),
    )
    expect(
      message.content
        .slice(2)
        .map(({ text }: Loose) => text)
        .join(''),
    ).toBe('Bun 2 is out.')
    expect(queries).toEqual(['bun 2'])
    expect(record).toMatchObject({ provider: 'quick', usage: { output: 2 * USAGE.output } })
    // Who has answered is asked first in the next round.
    expect([slow.requests.length, quick.requests.length]).toEqual([1, 2])
  })

  test('end in an error where nobody goes on: of its own status, or in the stream', async () => {
    const down = () => json({ error: { message: 'the model is gone' } }, 500)
    const whole = await play({ turns: [SEARCH, down] })
    expect(whole.status).toBe(500)
    const streamed = await play({ turns: [SEARCH, down] }, asked({ stream: true }))
    expect(streamed.message['error'].message).toContain('the model is gone')
    expect(streamed.record?.error).toContain('the model is gone')
  })

  test('each take their turn where one call may run at a time', async () => {
    const limits = { concurrent: 1, queue: 10, waitMs: 2000 }
    const streamed = await play({ turns: [SEARCH, ANSWER], provider: { limits } }, asked({ stream: true }))
    expect(streamed.message['stop_reason']).toBe('end_turn')
    expect((await play({ turns: [SEARCH, ANSWER], provider: { limits } })).message.stop_reason).toBe('end_turn')
  })

  test.each([0, 1])('are gone on with after a break of round %p, where the config wishes that', async (round) => {
    const long = { text: 'The quick brown fox jumps over the lazy dog.' }
    const broken: Script = (request) => insertAfter(answerTurn(request, long), 4, { pauseMs: 20 }, { stop: 'cut' })
    const {
      message,
      queries,
      sent: bodies,
    } = await play(
      { turns: round === 0 ? [broken, SEARCH, ANSWER] : [SEARCH, broken, ANSWER], config: { continuation: true } },
      asked({ stream: true }),
    )
    expect(message['error']).toBeUndefined()
    expect(message['content'].at(-1).text).toEndWith('Bun 2 is out.')
    expect(queries).toEqual(['bun 2'])
    expect(bodies).toHaveLength(3)
  })

  const chatTools = [{ type: 'function', function: { name: 'Read', parameters: READ.input_schema } }]
  test.each([
    ['/v1/chat/completions', { messages: [user()], web_search_options: {}, tools: chatTools }],
    [
      '/v1beta/models/mock-model:generateContent',
      {
        contents: [{ role: 'user', parts: [{ text: 'x' }] }],
        tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'Read' }] }],
      },
    ],
  ])('do not search beside a call of a client that could not bring it back: %s', async (path, body) => {
    const first = { calls: [search('bun', 'call_1'), { name: 'Read', input: { file: 'a' }, id: 'call_2' }] }
    await using stage = await searchStage({ turns: [first] })
    const text = await (await stage.ask(path, { model: 'mock-model', ...body })).text()
    expect(text).toContain('"Read"')
    expect(text).not.toContain('"web_search"')
    expect(stage.searcher.requests).toHaveLength(0)
  })

  test.each([true, false])('go through the transformers of the user, streamed: %p', async (stream) => {
    const transformer: Transformer = {
      name: 'mark',
      transformRequestIn: (body) => ({ body: { ...body, marked: true } }),
    }
    const plugins = { settings: {}, failures: [], endpoints: [transformer], routers: [], middleware: [] }
    const dialects = [{ name: 'mark', options: {}, transformer }]
    const { message, sent: bodies } = await play(
      { turns: [SEARCH, ANSWER], provider: { dialects }, config: { plugins } },
      asked({ stream }),
    )
    expect(typesOf(message.content)).toEqual(['server_tool_use', 'web_search_tool_result', 'text'])
    expect(bodies.map(({ marked }) => marked)).toEqual([true, true])
  })

  test('end with the client: neither engine nor provider works on', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER], engine: () => silence() })
    const abort = new AbortController()
    const response = await stage.ask('/v1/messages', asked({ stream: true }), { signal: abort.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    const pending = reader?.read()
    const request = await stage.searcher.request()
    abort.abort()
    await reader?.cancel()
    await pending?.catch(() => undefined)
    expect(await request.settled).toBe('aborted')
    expect(stage.upstream.requests).toHaveLength(1)
  })
})

test('a client that goes away in a later round has taken what it was sent', async () => {
  const never = new Promise<never>(() => {})
  const slow: Script = (request) => insertAfter(answerTurn(request, ANSWER), 3, { until: never })
  await using stage = await searchStage({
    turns: [SEARCH, slow],
    protocol: 'anthropic-messages',
    provider: { traits: { webSearch: false } },
  })
  const response = await stage.ask('/v1/messages', asked({ stream: true }))
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  for (let text = ''; !text.includes('Bun');) {
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    const piece = await reader?.read()
    if (!piece || piece.done) throw new Error(`the stream ended early: ${text}`)
    text += decoder.decode(piece.value, { stream: true }).replaceAll(/.*web_search.*/g, '')
  }
  const second = await stage.upstream.request(2)
  await reader?.cancel()
  expect(await second.settled).toBe('aborted')
  expect(stage.calls[0]?.usage?.input).toBe(2 * USAGE.input)
  expect(stage.calls[0]?.error).toStartWith('aborted')
})

describe('a search that fails', () => {
  const cases: readonly [what: string, setting: Partial<SearchSetting>, code: string, why: RegExp][] = [
    [
      'is refused',
      { engine: () => json({ detail: 'bad search-key-123' }, 401) },
      'unavailable',
      /401.*api_key.* right/,
    ],
    ['is one too many', { engine: () => json({ detail: 'slow down' }, 429) }, 'too_many_requests', /429: .*slow down/],
    [
      'is answered with a page',
      { engine: () => ({ ...found('tavily'), pieces: ['<html>'] }) },
      'unavailable',
      /no list/,
    ],
    ['takes too long', { engine: () => silence(), settings: { timeoutMs: 50 } }, 'unavailable', /within 50 ms/],
    [
      'finds nobody',
      { settings: { baseUrl: 'http://127.0.0.1:1' } },
      'unavailable',
      /refused: is `web_search.base_url` right/,
    ],
    ['is redirected', { engine: () => json({}, 302, { location: 'http://127.0.0.1:1/' }) }, 'unavailable', /302/],
  ]
  test.each(cases)('because it %s is told, and the answer goes on', async (_, setting, code, why) => {
    const { blocks, message, sent: bodies, lines } = await play({ turns: [SEARCH, ANSWER], ...setting })
    expect(blocks[1]).toMatchObject({ content: { type: 'web_search_tool_result_error', error_code: code } })
    expect(blocks.at(-1)).toMatchObject({ type: 'text', text: 'Bun 2 is out.' })
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 0 })
    expect(bodies[1]?.['messages'].at(-1).content).toContain(`The search failed (${code})`)
    const warning = lines.find(({ level }) => level === 'warn')
    expect(warning?.message).toMatch(why)
    expect(JSON.stringify([lines, message, bodies])).not.toContain('search-key-123')
  })

  test('is an item that failed for a client of Responses', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER], engine: () => json({}, 500) })
    const response = await stage.ask('/v1/responses', { model: 'm', input: 'x', tools: [{ type: 'web_search' }] })
    const { output, status } = (await response.json()) as { output: object[]; status: string }
    expect(status).toBe('completed')
    expect(output[0]).toMatchObject({ type: 'web_search_call', status: 'failed' })
  })
})
