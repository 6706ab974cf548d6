import { describe, expect, test } from 'bun:test'
import type { Turn } from '../../helper/turn.ts'
import { frames, messageOf, PAGES, searchStage, sent, type Loose, type SearchSetting } from './stage.ts'

const SEARCH: Turn = { text: 'Let me look.', calls: [{ name: 'web_search', input: { query: 'bun 2' } }] }
const ANSWER: Turn = { text: 'Bun 2 is out.' }
const TOOL = { type: 'web_search_20250305', name: 'web_search' }
const user = (content: string) => ({ role: 'user', content })
const OWN = { traits: { webSearch: true } }

/** What Claude has found itself, which it alone can read. */
const FOREIGN = [
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'deno 3' } },
  {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [
      { type: 'web_search_result', url: 'https://deno.com/', title: 'Deno', encrypted_content: 'Eq8D', page_age: null },
    ],
  },
  { type: 'text', text: 'Deno 3 is out.' },
]

/** The second turn of a conversation, as its provider is asked it. */
async function secondTurn(setting: Partial<SearchSetting>, assistant: unknown, tools: object[] = [TOOL]) {
  await using stage = await searchStage({ turns: [ANSWER], ...setting })
  const messages = [user('What is new?'), { role: 'assistant', content: assistant }, user('And then?')]
  const response = await stage.ask('/v1/messages', { model: 'mock-model', max_tokens: 100, messages, tools })
  expect(response.status).toBe(200)
  return { body: sent(stage.upstream.requests[0]), text: stage.upstream.requests[0]?.text ?? '', calls: stage.calls }
}

/** The content of an answer with a search, as a client of Anthropic's has it. */
async function firstTurn(stream: boolean) {
  await using stage = await searchStage({ turns: [SEARCH, ANSWER] })
  const response = await stage.ask('/v1/messages', {
    model: 'mock-model',
    max_tokens: 100,
    stream,
    messages: [user('What is new?')],
    tools: [TOOL],
  })
  const message = stream ? messageOf(await frames(response)) : await response.json()
  return { content: message.content as Loose[], second: sent(stage.upstream.requests[1])['messages'] }
}

describe('a search that a client brings back', () => {
  test.each([true, false])(
    'is what it was to the model, so that its prompt cache lives; streamed: %p',
    async (stream) => {
      const { content, second } = await firstTurn(stream)
      const { body } = await secondTurn({}, content)
      const [, assistant, result, answer] = body['messages']
      const id = content.find(({ type }) => type === 'server_tool_use')?.['id']
      expect(assistant.content).toBe('Let me look.')
      expect(assistant.tool_calls).toEqual([
        { id, type: 'function', function: { name: 'web_search', arguments: '{"query":"bun 2"}' } },
      ])
      expect(result).toEqual({ role: 'tool', tool_call_id: id, content: second[2].content })
      expect(answer).toEqual({ role: 'assistant', content: 'Bun 2 is out.' })
    },
  )

  test('is known without the tool, too', async () => {
    const { content } = await firstTurn(false)
    const { text, body } = await secondTurn({}, content, [])
    expect(text).toContain(PAGES[0].text)
    expect(body['tools']).toBeUndefined()
  })

  test('is no block of its own to Anthropic, which could not read it', async () => {
    const { content } = await firstTurn(false)
    const { body, text } = await secondTurn({ protocol: 'anthropic-messages', provider: OWN }, content)
    expect(text).not.toContain('ccr1:')
    expect(body['tools']).toEqual([TOOL])
    const [, assistant, result, answer] = body['messages']
    expect(assistant.content[1]).toMatchObject({
      type: 'tool_use',
      name: 'earlier_web_search',
      input: { query: 'bun 2' },
    })
    expect(result.content[0]).toMatchObject({ type: 'tool_result', tool_use_id: assistant.content[1].id })
    expect(result.content[0].content[0].text).toContain(PAGES[0].text)
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Bun 2 is out.' }])
  })

  test('stays as it is where it was Anthropic that searched', async () => {
    const { body, calls } = await secondTurn({ protocol: 'anthropic-messages', provider: OWN }, FOREIGN)
    expect(body['messages'][1].content).toEqual(FOREIGN)
    expect(calls[0]?.relayed).toBe(true)
  })

  test('is told by its titles to a model that cannot read what Anthropic found', async () => {
    const { body } = await secondTurn({}, FOREIGN)
    const [, assistant, result] = body['messages']
    expect(assistant.tool_calls[0].function.arguments).toBe('{"query":"deno 3"}')
    expect(result.content).toEndWith('[1] Deno\nhttps://deno.com/')
  })

  test.each([
    ['without its result', FOREIGN.slice(0, 1), 'not known any more'],
    ['without its call', FOREIGN.slice(1), undefined],
    [
      'that failed',
      [
        FOREIGN[0],
        {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1',
          content: { type: 'web_search_tool_result_error', error_code: 'too_many_requests' },
        },
      ],
      'too_many_requests',
    ],
  ])('%s leaves a conversation that a provider takes', async (_, content, words) => {
    const { body } = await secondTurn({}, [...content, { type: 'text', text: 'x' }])
    const results = body['messages'].filter(({ role }: { role: string }) => role === 'tool')
    expect(results).toHaveLength(words === undefined ? 0 : 1)
    if (words !== undefined) expect(results[0].content).toContain(words)
  })

  test.each([true, false])('comes back from a client of Responses with what it found; streamed: %p', async (stream) => {
    const request = { model: 'mock-model', store: false, stream, tools: [{ type: 'web_search' }] }
    await using first = await searchStage({ turns: [SEARCH, ANSWER] })
    const response = await first.ask('/v1/responses', { ...request, input: 'What is new?' })
    const body = stream ? (await frames(response)).at(-1)?.['response'] : await response.json()
    const input = [{ role: 'user', content: 'What is new?' }, ...body.output, { role: 'user', content: 'And then?' }]
    for (const [protocol, provider] of [
      ['openai-chat', {}],
      ['openai-responses', { traits: { webSearch: false } }],
      ['openai-responses', OWN],
    ] as const) {
      await using second = await searchStage({ turns: [ANSWER], protocol, provider })
      const next = await second.ask('/v1/responses', { ...request, stream: false, input })
      expect(next.status).toBe(200)
      const text = second.upstream.requests[0]?.text ?? ''
      expect(text).toContain(PAGES[0].text)
      expect(text).toContain('{\\"query\\":\\"bun 2\\"}')
      expect(text).not.toContain('ccr1:')
      expect(text).not.toContain('web_search_call')
    }
  })
})

test.each([true, false])(
  'an answer that its provider keeps is gone on with as a whole; streamed: %p',
  async (stream) => {
    await using stage = await searchStage({
      turns: [SEARCH, ANSWER, ANSWER],
      protocol: 'openai-responses',
      provider: { traits: { webSearch: false } },
    })
    const ask = (body: object): Promise<Response> =>
      stage.ask('/v1/responses', { model: 'mock-model', stream, ...body })
    const first = await ask({ input: 'What is new?', tools: [{ type: 'web_search' }] })
    const body: Loose = stream ? (await frames(first)).at(-1)?.['response'] : await first.json()
    await (await ask({ input: 'And then?', previous_response_id: body.id })).text()
    const [, , third] = stage.upstream.requests.map(sent)
    expect(body.id).toBe('resp_scripted_0')
    expect(third['previous_response_id']).toBe('resp_scripted_1')
  },
)

describe('a model that searches itself', () => {
  test.each([
    ['anthropic-messages', '/v1/messages', { messages: [user('x')], max_tokens: 9, tools: [TOOL] }],
    ['openai-responses', '/v1/responses', { input: 'x', tools: [{ type: 'web_search' }] }],
    ['openai-chat', '/v1/chat/completions', { messages: [user('x')], web_search_options: {} }],
  ] as const)('is asked in %s as if there were no engine', async (protocol, path, body) => {
    await using stage = await searchStage({ turns: [ANSWER], protocol, provider: OWN })
    await stage.ask(path, { model: 'mock-model', ...body })
    expect(stage.calls[0]?.relayed).toBe(true)
    expect(sent(stage.upstream.requests[0])).toEqual({ model: 'mock-model', ...body })
  })

  test('is left to it in another protocol', async () => {
    await using stage = await searchStage({ turns: [ANSWER], protocol: 'gemini' })
    await stage.ask('/v1/messages', { model: 'mock-model', max_tokens: 9, messages: [user('x')], tools: [TOOL] })
    expect(sent(stage.upstream.requests[0])['tools']).toEqual([{ googleSearch: {} }])
  })

  test('is not, where it would have to do without the tools beside it', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER], protocol: 'gemini' })
    const tools = [TOOL, { name: 'Read', input_schema: { type: 'object', properties: {} } }]
    await stage.ask('/v1/messages', { model: 'mock-model', max_tokens: 9, messages: [user('x')], tools })
    expect(stage.searcher.requests).toHaveLength(1)
    const [{ functionDeclarations: functions }] = sent(stage.upstream.requests[0])['tools']
    expect(functions.map(({ name }: { name: string }) => name)).toEqual(['Read', 'web_search'])
  })
})

test('without an engine the search is refused, with both ways out', async () => {
  await using stage = await searchStage({ turns: [ANSWER], config: { webSearch: undefined as never } })
  const response = await stage.ask('/v1/messages', {
    model: 'mock-model',
    max_tokens: 9,
    messages: [user('x')],
    tools: [TOOL],
  })
  expect(response.status).toBe(400)
  expect(((await response.json()) as { error: { message: string } }).error.message).toContain(
    'mock (mock-model) has no web_search of its own: set Router.webSearch to a model that has one, or web_search to a search backend',
  )
})
