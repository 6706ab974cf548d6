import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOriginStore } from '../../src/store/origins.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json, stream } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Upstream } from '../helper/upstream.ts'

const frame = (data: { type: string } & object): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const SIGNED = [
  frame({
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'c',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  } as never),
  frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never),
  frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'First.' } } as never),
  frame({ type: 'content_block_stop', index: 0 } as never),
  frame({
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'thinking', thinking: '', signature: '' },
  } as never),
  frame({ type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'Hm.' } } as never),
  frame({
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'signature_delta', signature: 'c2lnbmVkIGJ5IG9uZQ==' },
  } as never),
  frame({ type: 'content_block_stop', index: 1 } as never),
  frame({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 5 },
  } as never),
  frame({ type: 'message_stop' }),
]
const ask = (model: string, content: unknown): Request =>
  post('/v1/messages', {
    model,
    max_tokens: 100,
    stream: true,
    messages: [
      { role: 'user', content: 'Hi' },
      ...(content
        ? [
            { role: 'assistant', content },
            { role: 'user', content: 'Go on' },
          ]
        : []),
    ],
  })
const THOUGHT = [
  { type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmVkIGJ5IG9uZQ==' },
  { type: 'text', text: 'Well.' },
]

function twoProviders(one: Upstream, two: Upstream): ReturnType<typeof testGateway> {
  return testGateway({
    providers: [
      testProvider(one.url, 'anthropic-messages', { name: 'one' }),
      testProvider(two.url, 'anthropic-messages', { name: 'two' }),
    ],
  })
}

describe('reasoning that was relayed', () => {
  test('goes back, untouched, to who signed it, and to nobody else', async () => {
    await using one = await createUpstream(() => stream(SIGNED))
    await using two = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
    const { gateway } = twoProviders(one, two)
    expect(await (await gateway(ask('one,m', undefined))).text()).toBe(SIGNED.join(''))
    const back = await gateway(ask('one,m', THOUGHT))
    await back.text()
    expect(JSON.parse(one.requests[1]?.text ?? '').messages[1].content).toEqual(THOUGHT)
    const elsewhere = await gateway(ask('two,m', THOUGHT))
    await elsewhere.text()
    expect(two.requests[0]?.text).not.toContain('c2lnbmVkIGJ5IG9uZQ')
    expect(two.requests[0]?.text).toContain('Well.')
    expect(elsewhere.headers.get('x-ccr-dropped')).toContain('messages[1]')
  })

  test('of an unknown signer is sent as it came; refused, it is left out and the call made once more', async () => {
    await using one = await createUpstream((request) =>
      request.text.includes('signature')
        ? json(
            {
              type: 'error',
              error: {
                type: 'invalid_request_error',
                message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
              },
            },
            400,
          )
        : answerTurn(request, { text: 'Hello' }),
    )
    const { gateway } = testGateway({ providers: [testProvider(one.url, 'anthropic-messages', { name: 'one' })] })
    const response = await gateway(ask('one,m', THOUGHT))
    expect(await response.text()).toContain('Hello')
    expect(one.requests).toHaveLength(2)
    expect(JSON.parse(one.requests[0]?.text ?? '').messages[1].content).toEqual(THOUGHT)
  })
})

test('reasoning of a Gemini model goes back to it through an Anthropic client, and not to an Anthropic provider', async () => {
  const gemini = [
    `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'Z2VtaW5p' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 } })}\n\n`,
  ]
  await using one = await createUpstream(() => stream(gemini))
  await using two = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
  const { gateway } = testGateway({
    providers: [
      testProvider(one.url, 'gemini', { name: 'one' }),
      testProvider(two.url, 'anthropic-messages', { name: 'two' }),
    ],
  })
  const tools = [{ name: 'f', input_schema: { type: 'object' } }]
  const first = { model: 'one,m', max_tokens: 100, tools, messages: [{ role: 'user', content: 'Hi' }] }
  await using whole = await createUpstream(() => json(JSON.parse((gemini[0] as string).slice(6))))
  const asked = testGateway({ providers: [testProvider(whole.url, 'gemini', { name: 'one' })] })
  const { content } = (await (await asked.gateway(post('/v1/messages', first))).json()) as {
    content: { type: string; id?: string }[]
  }
  const call = content.find(({ type }) => type === 'tool_use')
  const history = [
    ...first.messages,
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id, content: 'ok' }] },
  ]
  for (const model of ['one,m', 'two,m'])
    await (await gateway(post('/v1/messages', { ...first, model, stream: true, messages: history }))).text()
  expect(one.requests[0]?.text).toContain('Z2VtaW5p')
  expect(two.requests[0]?.text).not.toContain('Z2VtaW5p')
  expect(two.requests[0]?.text).not.toContain('ccr1:')
})

test('origins are known after a restart, and only to this user', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ccr-origins-'))
  const file = join(directory, 'state', 'signatures.jsonl')
  const origin = { provider: 'one', model: 'm' }
  const before = createOriginStore(file)
  before.set('a signature', origin)
  before.set('a signature', origin)
  await before.get('x')
  while (!(await createOriginStore(file).get('a signature'))) await Bun.sleep(1)
  expect(await createOriginStore(file).get('a signature')).toEqual(origin)
  expect(await createOriginStore(file).get('another')).toBeUndefined()
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
  expect(readFileSync(file, 'utf8')).not.toContain('a signature')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(directory, { recursive: true })
})
