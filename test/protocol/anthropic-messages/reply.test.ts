import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import type { Json } from '../../../src/canonical/json.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import { decodeContext, encodeContext } from './answers.ts'

describe('a whole answer for a client', () => {
  test('of another provider has every field that clients read', () => {
    const body = anthropicMessages.encodeReply(
      {
        parts: [
          { type: 'text', text: 'Hi' },
          { type: 'tool-call', id: '', name: 'run', input: '{"a":' },
        ],
        finish: { kind: 'stop', raw: 'stop' },
        usage: { input: 3, output: 2 },
        native: { protocol: 'openai-chat', rest: { system_fingerprint: 'fp' } },
      },
      encodeContext(),
    )
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      id: 'msg_2',
      type: 'message',
      role: 'assistant',
      model: 'client-model',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'toolu_1', name: 'run', input: { __unparsedToolInput: { raw: '{"a":' } } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    })
  })
})

describe('what is no answer is thrown', () => {
  test.each<[string, Json, string]>([
    [
      'an error inside a success',
      { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } },
      'rate-limit',
    ],
    ['an error of another shape', { error: { message: 'boom' } }, 'server'],
    ['a page', '<html></html>', 'malformed'],
    ['a message without content', { type: 'message' }, 'malformed'],
    ['a block that is none', { content: ['x'] }, 'malformed'],
    ['a call without a name', { content: [{ type: 'tool_use', id: 'a', input: {} }] }, 'malformed'],
  ])('%s', (_, body, kind) => {
    try {
      anthropicMessages.decodeReply(body, decodeContext())
      throw new Error('was accepted')
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      expect(error.kind as string).toBe(kind)
      expect(error.details).toMatchObject({ provider: 'lab', model: 'claude-lab' })
    }
  })
})
