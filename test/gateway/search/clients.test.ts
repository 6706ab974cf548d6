import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import { USAGE, type Turn } from '../../helper/turn.ts'
import { frames, messageOf, PAGES, searchStage, sent } from './stage.ts'

const SEARCH: Turn = { text: 'Let me look.', calls: [{ name: 'web_search', input: { query: 'bun 2' } }] }
const ANSWER: Turn = { text: 'Bun 2 is out.' }
const QUESTION = 'Perform a web search for the query: bun 2'

/** As Claude Code asks for a search. */
const claude = (stream: boolean) => ({
  model: 'mock-model',
  max_tokens: 32_000,
  stream,
  system: [{ type: 'text', text: 'You run a web search for another model.' }],
  messages: [{ role: 'user', content: [{ type: 'text', text: QUESTION }] }],
  tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
  tool_choice: { type: 'auto' },
})

const PROVIDERS: readonly ProtocolId[] = ['openai-chat', 'anthropic-messages', 'openai-responses', 'gemini']
/** Whatever its protocol, the provider has no search. */
const NONE = { traits: { webSearch: false } }

/** All of `blocks`, which are texts: Gemini's come in several. */
const textOf = (blocks: readonly { type: string; text: string }[]): string => {
  expect(blocks.every(({ type }) => type === 'text')).toBe(true)
  return blocks.map(({ text }) => text).join('')
}

const ways = PROVIDERS.flatMap((protocol) => [true, false].map((stream) => [protocol, stream] as const))

describe.each(ways)('a web search of Claude Code for a provider of %s, streamed: %p', (protocol, stream) => {
  test('is made here and told as Anthropic would', async () => {
    await using stage = await searchStage({ protocol, turns: [SEARCH, ANSWER], provider: NONE })
    const response = await stage.ask('/v1/messages', claude(stream))
    const message = stream ? messageOf(await frames(response)) : await response.json()
    expect(response.status).toBe(200)
    const place = message.content.findIndex(({ type }: { type: string }) => type === 'server_tool_use')
    const [use, result, ...after] = message.content.slice(place)
    expect(textOf(message.content.slice(0, place))).toBe('Let me look.')
    expect(use).toEqual({ type: 'server_tool_use', id: use.id, name: 'web_search', input: { query: 'bun 2' } })
    expect(use.id).toStartWith('srvtoolu_')
    expect(result).toMatchObject({ type: 'web_search_tool_result', tool_use_id: use.id })
    expect(result.content).toMatchObject([
      { type: 'web_search_result', url: PAGES[0].url, title: PAGES[0].title, page_age: '2026-11-02' },
      { type: 'web_search_result', url: PAGES[1].url, title: PAGES[1].title, page_age: null },
    ])
    expect(result.content[0].encrypted_content).toBeString()
    expect(textOf(after)).toBe('Bun 2 is out.')
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage).toMatchObject({
      output_tokens: 2 * USAGE.output,
      server_tool_use: { web_search_requests: 1 },
    })
  })

  test('gives the model a function and then what was found', async () => {
    await using stage = await searchStage({ protocol, turns: [SEARCH, ANSWER], provider: NONE })
    const response = await stage.ask('/v1/messages', claude(stream))
    await response.text()
    expect(stage.upstream.requests).toHaveLength(2)
    const [first, second] = stage.upstream.requests.map(({ text }) => text)
    expect(first).toContain('"web_search"')
    expect(first).not.toContain('web_search_20250305')
    for (const { url, title, text } of PAGES) for (const word of [url, title, text]) expect(second).toContain(word)
    expect(second).toContain('Let me look.')
    expect(stage.searcher.requests).toHaveLength(1)
    const [record] = stage.calls
    expect(record?.attempts).toHaveLength(2)
    expect(record?.usage?.output).toBe(2 * USAGE.output)
    expect(record?.reason).toEndWith('1 web search by tavily')
  })
})

describe.each([true, false])('a web search, streamed: %p,', (stream) => {
  test('is an item of a response for a client of Responses', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER] })
    const response = await stage.ask('/v1/responses', {
      model: 'mock-model',
      stream,
      input: QUESTION,
      tools: [{ type: 'web_search', search_context_size: 'low' }],
    })
    const body = stream ? (await frames(response)).at(-1)?.['response'] : await response.json()
    expect(body.status).toBe('completed')
    const [before, call, carrier, after] = body.output
    expect(before).toMatchObject({ type: 'message', content: [{ text: 'Let me look.' }] })
    expect(call).toEqual({
      type: 'web_search_call',
      id: call.id,
      status: 'completed',
      action: {
        type: 'search',
        query: 'bun 2',
        queries: ['bun 2'],
        sources: PAGES.map(({ url }) => ({ type: 'url', url })),
      },
    })
    expect(carrier).toMatchObject({ type: 'reasoning', summary: [] })
    expect(after).toMatchObject({ type: 'message', content: [{ text: 'Bun 2 is out.' }] })
    expect(body.usage.output_tokens).toBe(2 * USAGE.output)
    expect(sent(stage.searcher.requests[0])['max_results']).toBe(3)
  })

  test('is a citation for a client of Chat Completions', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER] })
    const response = await stage.ask('/v1/chat/completions', {
      model: 'mock-model',
      stream,
      messages: [{ role: 'user', content: QUESTION }],
      web_search_options: { user_location: { type: 'approximate', approximate: { country: 'DE' } } },
    })
    const chunks = stream ? await frames(response) : [await response.json()]
    const deltas = chunks.map((chunk) => chunk['choices'][0]?.[stream ? 'delta' : 'message'] ?? {})
    expect(deltas.map(({ content = '' }) => content).join('')).toBe('Let me look.Bun 2 is out.')
    expect(deltas.flatMap(({ annotations = [] }) => annotations)).toMatchObject(
      PAGES.map(({ url, title }) => ({ type: 'url_citation', url_citation: { url, title } })),
    )
    expect(deltas.some(({ tool_calls: calls }) => calls !== undefined)).toBe(false)
    expect(chunks.flatMap((chunk) => chunk['choices'][0]?.finish_reason ?? [])).toEqual(['stop'])
    expect(stage.upstream.requests[0]?.text).not.toContain('web_search_options')
    expect(sent(stage.searcher.requests[0])['country']).toBe('germany')
  })

  test('is grounding for a client of Gemini', async () => {
    await using stage = await searchStage({ turns: [SEARCH, ANSWER] })
    const path = `/v1beta/models/mock-model:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
    const response = await stage.ask(path, {
      contents: [{ role: 'user', parts: [{ text: QUESTION }] }],
      tools: [{ googleSearch: {} }],
    })
    const chunks = stream ? await frames(response) : [await response.json()]
    const candidates = chunks.flatMap((chunk) => chunk['candidates'] ?? [])
    const texts = candidates.flatMap(({ content }) => content.parts.map(({ text }: { text: string }) => text))
    expect(texts.join('')).toBe('Let me look.Bun 2 is out.')
    const last = candidates.at(-1)
    expect(last.finishReason).toBe('STOP')
    expect(last.groundingMetadata).toEqual({
      webSearchQueries: ['bun 2'],
      groundingChunks: PAGES.map(({ url, title }) => ({ web: { uri: url, title } })),
    })
  })

  test('is not made if the model does without', async () => {
    await using stage = await searchStage({ turns: [ANSWER] })
    const response = await stage.ask('/v1/messages', claude(stream))
    const message = stream ? messageOf(await frames(response)) : await response.json()
    expect(message.content).toMatchObject([{ type: 'text', text: 'Bun 2 is out.' }])
    expect(message.usage.server_tool_use).toEqual({ web_search_requests: 0 })
    expect([stage.upstream.requests.length, stage.searcher.requests.length]).toEqual([1, 0])
  })
})
