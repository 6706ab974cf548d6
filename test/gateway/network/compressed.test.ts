import { describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'
import type { Answer } from '../../helper/answer.ts'

const CODINGS = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync, deflate: deflateSync }
const PROTOCOLS = ['anthropic-messages', 'openai-chat'] as const

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const TEXT = 'Compressed answers arrive whole. '.repeat(200)

const frame = (data: { type: string } & object): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const usage = { input_tokens: 3, output_tokens: 5 }
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'x', stop_sequence: null, usage }

const BODIES = {
  'anthropic-messages': {
    whole: JSON.stringify({ ...MESSAGE, content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn' }),
    streamed: [
      frame({ type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } } as never),
      frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never),
      frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } } as never),
      frame({ type: 'content_block_stop', index: 0 } as never),
      frame({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage } as never),
      frame({ type: 'message_stop' }),
    ].join(''),
  },
  'openai-chat': {
    whole: JSON.stringify({
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: TEXT } }],
    }),
    streamed: [
      { choices: [{ index: 0, delta: { role: 'assistant', content: TEXT } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]
      .map((data) => `data: ${JSON.stringify(data)}\n\n`)
      .concat('data: [DONE]\n\n')
      .join(''),
  },
}

const answer = (bytes: Uint8Array, coding: string, stream: boolean): Answer => ({
  status: 200,
  headers: { 'content-type': stream ? 'text/event-stream' : 'application/json', 'content-encoding': coding },
  framing: stream ? 'chunked' : 'whole',
  pieces: [bytes.subarray(0, 20), bytes.subarray(20)],
})

const textOf = (body: string, stream: boolean): string =>
  stream
    ? [...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string).delta?.text ?? '').join('')
    : JSON.parse(body).content[0].text

describe.each(Object.entries(CODINGS))('an answer compressed by %s', (coding, compress) => {
  describe.each(PROTOCOLS)('of %s', (protocol) => {
    test.each([true, false])('reaches the client plain and whole, streamed: %p', async (stream) => {
      const bytes = new Uint8Array(compress(BODIES[protocol][stream ? 'streamed' : 'whole']))
      await using upstream = await createUpstream(() => answer(bytes, coding, stream))
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      const response = await gateway(post('/v1/messages', { ...QUESTION, stream }))
      const body = await response.text()
      expect(response.status).toBe(200)
      expect(textOf(body, stream)).toBe(TEXT)
      expect(response.headers.get('content-encoding')).toBeNull()
    })

    test.each([true, false])('that is cut off is an error, streamed: %p', async (stream) => {
      const bytes = new Uint8Array(compress(BODIES[protocol][stream ? 'streamed' : 'whole']))
      await using upstream = await createUpstream(() => answer(bytes.subarray(0, -40), coding, stream))
      const { gateway } = testGateway({ providers: [testProvider(upstream.url, protocol)] })
      const response = await gateway(post('/v1/messages', { ...QUESTION, stream }))
      const body = await response.text()
      if (response.status === 200) expect(body).toContain('event: error')
      else expect(response.status).toBe(502)
      expect(body).not.toContain('message_stop')
    })
  })

  test('is told when it is an error', async () => {
    const bytes = new Uint8Array(
      compress(JSON.stringify({ error: { message: 'too many of them', type: 'rate_limit' } })),
    )
    await using upstream = await createUpstream(() => ({ ...answer(bytes, coding, false), status: 429 }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
    const response = await gateway(post('/v1/messages', QUESTION))
    expect(response.status).toBe(429)
    expect(await response.text()).toContain('too many of them')
  })
})

test('streams are asked for uncompressed: a compressed one arrives in lumps', async () => {
  await using upstream = await createUpstream(() => answer(gzipSync(BODIES['openai-chat'].streamed), 'gzip', true))
  const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')] })
  await (await gateway(post('/v1/messages', { ...QUESTION, stream: true }))).text()
  expect(upstream.requests[0]?.headers['accept-encoding']).toBe('identity')
})
