import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import { codecOf } from '../../../src/protocol/index.ts'

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const RESPONSES = { model: 'm', input: 'Hi' }
const SHARED = { service_tier: 'flex', prompt_cache_key: 'k', safety_identifier: 's', metadata: { a: 'b' } }

function sent(from: ProtocolId, to: ProtocolId, body: JsonObject, model: string) {
  const request = codecOf(from).decodeRequest({ path: '', query: '', headers: {}, body })
  const { wire, dropped } = codecOf(to).encodeRequest({ ...request, model }, { provider: 'p', model, traits: {} })
  return { body: wire.body, dropped: dropped.map(({ path }) => path) }
}

describe("what OpenAI's two protocols share and no other has", () => {
  test('goes from Chat to the Responses API', () => {
    const { body, dropped } = sent(
      'openai-chat',
      'openai-responses',
      { ...CHAT, ...SHARED, verbosity: 'low', response_format: { type: 'json_object' } },
      'gpt-5.1',
    )
    expect(body).toMatchObject({ ...SHARED, text: { verbosity: 'low', format: { type: 'json_object' } }, store: false })
    expect(dropped).toEqual([])
  })

  test("goes from the Responses API to OpenAI's models behind Chat", () => {
    const { body, dropped } = sent(
      'openai-responses',
      'openai-chat',
      { ...RESPONSES, ...SHARED, text: { verbosity: 'low' } },
      'openai/gpt-5.1',
    )
    expect(body).toMatchObject({ ...SHARED, verbosity: 'low' })
    expect(dropped).toEqual([])
  })

  test.each([
    ['openai-chat', 'qwen3-coder'],
    ['anthropic-messages', 'claude-opus-5'],
    ['gemini', 'gemini-3-pro'],
  ] as const)('is listed for a model of others (%s)', (to, model) => {
    const { dropped } = sent('openai-responses', to, { ...RESPONSES, ...SHARED, text: { verbosity: 'low' } }, model)
    expect(dropped.toSorted()).toEqual([...Object.keys(SHARED), 'text'].toSorted())
  })
})

describe('what says nothing that would not be so anyway is no loss', () => {
  test.each<[ProtocolId, JsonObject]>([
    [
      'openai-chat',
      { ...CHAT, n: 1, store: false, stream: true, stream_options: { include_usage: true }, logprobs: false },
    ],
    [
      'openai-responses',
      { ...RESPONSES, store: false, include: ['reasoning.encrypted_content'], truncation: 'disabled' },
    ],
  ])('from %s', (from, body) => {
    for (const to of ['anthropic-messages', 'gemini'] as const) expect(sent(from, to, body, 'x').dropped).toEqual([])
    expect(sent(from, from, body, 'm').body).toEqual(body)
  })

  test('what does is listed', () => {
    const chat = { ...CHAT, store: true, logprobs: true, seed: 1 }
    expect(sent('openai-chat', 'gemini', chat, 'x').dropped).toEqual(['store'])
    const dropped = sent('openai-chat', 'anthropic-messages', chat, 'x').dropped
    expect(dropped.toSorted()).toEqual(['logprobs', 'seed', 'store'])
    const responses = {
      ...RESPONSES,
      store: true,
      background: true,
      truncation: 'auto',
      include: ['web_search_call.results'],
    }
    expect(sent('openai-responses', 'gemini', responses, 'x').dropped.toSorted()).toEqual([
      'background',
      'include',
      'store',
      'truncation',
    ])
  })
})

test('several answers at once are refused clearly where there is no such thing', () => {
  const chat = codecOf('openai-chat')
  const asked = (n: number) => chat.decodeRequest({ path: '', query: '', headers: {}, body: { ...CHAT, n } })
  expect(chat.untranslatable?.(asked(2))?.message).toContain('asks for 2 answers at once')
  expect(chat.untranslatable?.(asked(1))).toBeUndefined()
})
