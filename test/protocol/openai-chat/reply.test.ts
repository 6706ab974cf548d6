import { describe, expect, test } from 'bun:test'
import { ModelError, type ErrorKind } from '../../../src/canonical/error.ts'
import type { Json } from '../../../src/canonical/json.ts'
import type { ModelReply } from '../../../src/canonical/reply.ts'
import { createCollector } from '../../../src/canonical/reply.ts'
import { decodeSse } from '../../../src/protocol/framing/sse.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import { chain } from '../../../src/protocol/protocol.ts'
import { decodeContext } from './answer.ts'
import { fixtureJson, fixtureText, scenarios } from './fixture.ts'

const encodeContext = { id: (prefix: string) => `${prefix}new`, created: 1767225600, model: 'm-1' }
const decode = (body: Json) => openaiChat.decodeReply(body, decodeContext())
const message = (fields: object, finish: string | null = 'stop') => ({
  id: 'c1',
  choices: [{ index: 0, message: { role: 'assistant', ...fields }, finish_reason: finish }],
})

test.each(scenarios)('%s: the reply comes out as it went in', (scenario) => {
  const body = fixtureJson(scenario, 'reply.json')
  expect(openaiChat.encodeReply(decode(body), encodeContext)).toEqual(body)
})

test.each(scenarios)('%s: the reply without its residue keeps what is common', (scenario) => {
  const { native: _native, ...reply } = decode(fixtureJson(scenario, 'reply.json'))
  const again = decode(openaiChat.encodeReply(reply, encodeContext))
  expect({ ...again, native: undefined }).toEqual({ ...reply, native: undefined })
})

test.each(scenarios)('%s: the stream adds up to the reply', (scenario) => {
  const decoder = chain(decodeSse(), openaiChat.decodeStream(decodeContext()))
  const collector = createCollector()
  const bytes = new TextEncoder().encode(fixtureText(scenario, 'stream.sse'))
  for (const byte of bytes) for (const event of decoder.push(Uint8Array.of(byte))) collector.push(event)
  for (const event of decoder.end()) collector.push(event)
  const { native: _native, ...reply } = decode(fixtureJson(scenario, 'reply.json'))
  expect<unknown>(collector.end()).toEqual(reply)
})

describe('vendors’ replies', () => {
  test.each<[name: string, body: object, parts: object[]]>([
    [
      'reasoning comes before the text',
      message({ content: 'a', reasoning: 'h' }),
      [
        { type: 'reasoning', text: 'h' },
        { type: 'text', text: 'a' },
      ],
    ],
    [
      'content may be a list',
      message({
        content: [
          { type: 'thinking', thinking: 'h' },
          { type: 'text', text: 'a' },
        ],
      }),
      [
        { type: 'reasoning', text: 'h' },
        { type: 'text', text: 'a' },
      ],
    ],
    ['a refusal is text', message({ content: null, refusal: 'no' }), [{ type: 'text', text: 'no' }]],
    [
      'calls without ids get unique ones',
      message({
        tool_calls: [{ function: { name: 'f', arguments: '{}' } }, { function: { name: 'f', arguments: {} } }],
      }),
      [
        { id: 'call_new0', input: '{}' },
        { id: 'call_new1', input: '{}' },
      ],
    ],
    [
      'an old function_call is a call',
      message({ content: null, function_call: { name: 'f', arguments: '{}' } }),
      [{ type: 'tool-call', name: 'f' }],
    ],
    ['audio is passed over', message({ content: 'a', audio: { data: 'AAAA' } }), [{ type: 'text', text: 'a' }]],
    ['a finish reason may lack', message({ content: 'a' }, null), [{ type: 'text', text: 'a' }]],
  ])('%s', (_name, body, parts) => {
    expect<unknown>(decode(body as Json).parts).toMatchObject(parts)
  })

  test('a mixed list of thinking and text comes out as it went in', () => {
    const body = message({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'h' }] },
        { type: 'text', text: 'a' },
      ],
    })
    expect(openaiChat.encodeReply(decode(body as Json), encodeContext)).toMatchObject(body)
  })

  test.each<[name: string, body: Json, kind: ErrorKind]>([
    ['text', 'hello', 'malformed'],
    ['a list', [], 'malformed'],
    ['nothing', {}, 'empty-answer'],
    ['no choices', { id: 'c', choices: [] }, 'empty-answer'],
    ['an error', { error: { message: 'no', code: 429 } }, 'rate-limit'],
    ['MiniMax’s error', { base_resp: { status_code: 1004, status_msg: 'login fail: no api key' } }, 'auth'],
    ['an error in the choice', { choices: [{ index: 0, message: {}, error: { code: 502, message: 'x' } }] }, 'server'],
  ])('%s in place of an answer is an error', (_name, body, kind) => {
    expect(kindThrown(() => decode(body))).toBe(kind)
  })
})

describe('another protocol’s reply', () => {
  const reply: ModelReply = {
    parts: [
      { type: 'reasoning', text: 'h', signature: 's' },
      { type: 'text', text: 'a' },
      { type: 'tool-call', id: 'x', name: 'f', input: '' },
      { type: 'text', text: 'b' },
    ],
    finish: { kind: 'tool-calls', raw: 'tool_use' },
    usage: { input: 3, cacheRead: 4, cacheWrite: 5, output: 6, reasoning: 2 },
  }

  test('is told in Chat’s words', () => {
    expect(openaiChat.encodeReply(reply, encodeContext)).toEqual({
      id: 'chatcmpl-new',
      object: 'chat.completion',
      created: 1767225600,
      model: 'm-1',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'ab',
            reasoning_content: 'h',
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 12,
        completion_tokens: 6,
        total_tokens: 18,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    })
  })
})

function kindThrown(run: () => unknown): ErrorKind | undefined {
  try {
    run()
  } catch (error) {
    return error instanceof ModelError ? error.kind : undefined
  }
  return undefined
}
