import { describe, expect, test } from 'bun:test'
import type { Endpoint } from '../../src/provider/provider.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

type ProtocolName = Endpoint['protocol']
const PROVIDERS = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'] as const
const MODELS: Readonly<Record<string, string>> = { gemini: 'gemini-3-pro', 'anthropic-messages': 'claude-opus-5-5' }
const GEMINI_PATH = '/v1beta/models/m:generateContent'

/** Asks a provider of `protocol`; what it was sent, what the client was told, and what is listed as lost. */
async function ask(protocol: ProtocolName, path: string, body: object) {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
  const row = testProvider(upstream.url, protocol, { models: [MODELS[protocol] ?? 'gpt-5.2'] })
  const { gateway } = testGateway({ providers: [row] })
  const response = await gateway(post(path, body))
  return {
    status: response.status,
    text: await response.text(),
    dropped: response.headers.get('x-ccr-dropped') ?? '',
    sent: upstream.requests.at(-1)?.text ?? '',
    asked: upstream.requests.length,
  }
}

const pairs = <Row extends readonly [client: ProtocolName, ...rest: unknown[]]>(rows: readonly Row[]) =>
  rows.flatMap((row) =>
    PROVIDERS.filter((provider) => provider !== row[0]).map((provider) => [provider, ...row] as const),
  )

const QUESTION = { role: 'user', content: 'Search: bun' }

describe('pains #46: a search of the web', () => {
  test.each(
    pairs([
      [
        'anthropic-messages',
        '/v1/messages',
        {
          model: 'm',
          max_tokens: 99,
          messages: [QUESTION],
          tools: [{ type: 'web_search_20250305', name: 'web_search' }],
        },
      ],
      ['openai-responses', '/v1/responses', { model: 'm', input: 'Search: bun', tools: [{ type: 'web_search' }] }],
      [
        'gemini',
        GEMINI_PATH,
        { contents: [{ role: 'user', parts: [{ text: 'Search: bun' }] }], tools: [{ googleSearch: {} }] },
      ],
    ] as const),
  )(
    'pains #46: a provider of %s either searches for a client of %s or says what to set',
    async (provider, _, path, body) => {
      const { status, text, sent, asked } = await ask(provider, path, body)
      if (provider === 'openai-chat') {
        expect([status, asked]).toEqual([400, 0])
        expect(text).toContain('Router.webSearch')
      } else {
        expect(status).toBe(200)
        expect(sent).toMatch(/"type":"web_search|"googleSearch":/)
      }
    },
  )
})

describe('several answers at once', () => {
  test.each(
    pairs([
      ['openai-chat', '/v1/chat/completions', { model: 'm', n: 2, messages: [QUESTION] }, '"n"|`n`|\\bn\\b'],
      [
        'gemini',
        GEMINI_PATH,
        { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { candidateCount: 2 } },
        'candidateCount',
      ],
    ] as const),
  )('are refused in words by a provider of %s to a client of %s', async (provider, _, path, body, name) => {
    const { status, text, asked } = await ask(provider, path, body)
    expect([status, asked]).toEqual([400, 0])
    expect(text).toMatch(new RegExp(name))
  })
})

describe('probabilities of tokens', () => {
  test.each(
    pairs([
      ['openai-chat', '/v1/chat/completions', { model: 'm', logprobs: true, top_logprobs: 3, messages: [QUESTION] }],
      [
        'openai-responses',
        '/v1/responses',
        { model: 'm', input: 'Hi', top_logprobs: 3, include: ['message.output_text.logprobs'] },
      ],
      [
        'gemini',
        GEMINI_PATH,
        {
          contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
          generationConfig: { responseLogprobs: true, logprobs: 3 },
        },
      ],
    ] as const),
  )('are carried or listed: a provider of %s, a client of %s', async (provider, _, path, body) => {
    const { status, dropped, sent } = await ask(provider, path, body)
    expect(status).toBe(200)
    if (!/logprobs/i.test(sent)) expect(dropped).toMatch(/logprobs/i)
  })
})

describe('sound and files', () => {
  const WAV = 'UklGRiQAAABXQVZF'
  const PDF = 'JVBERi0xLjQK'
  test.each(
    pairs([
      [
        'openai-chat',
        '/v1/chat/completions',
        {
          model: 'm',
          messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: WAV, format: 'wav' } }] }],
        },
        WAV,
      ],
      [
        'openai-chat',
        '/v1/chat/completions',
        {
          model: 'm',
          messages: [
            {
              role: 'user',
              content: [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }],
            },
          ],
        },
        PDF,
      ],
      [
        'openai-responses',
        '/v1/responses',
        {
          model: 'm',
          input: [
            {
              role: 'user',
              content: [{ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` }],
            },
          ],
        },
        PDF,
      ],
      [
        'gemini',
        GEMINI_PATH,
        { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data: WAV } }] }] },
        WAV,
      ],
      [
        'gemini',
        GEMINI_PATH,
        { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'application/pdf', data: PDF } }] }] },
        PDF,
      ],
    ] as const),
  )('are carried or listed: a provider of %s, a client of %s', async (provider, _, path, body, data) => {
    const { status, dropped, sent } = await ask(provider, path, body)
    expect(status).toBe(200)
    if (!sent.includes(data)) expect(dropped).toMatch(/messages\[0\]/)
    if (data === PDF) expect(sent).toContain(PDF)
  })
})
