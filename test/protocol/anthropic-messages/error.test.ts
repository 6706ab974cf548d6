import { describe, expect, test } from 'bun:test'
import { ModelError, type ErrorKind } from '../../../src/canonical/error.ts'
import type { Json } from '../../../src/canonical/json.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'

describe('errors of a provider', () => {
  test.each<[number, string, ErrorKind]>([
    [400, 'invalid_request_error', 'bad-request'],
    [401, 'authentication_error', 'auth'],
    [402, 'billing_error', 'payment'],
    [403, 'permission_error', 'permission'],
    [404, 'not_found_error', 'not-found'],
    [413, 'request_too_large', 'too-large'],
    [429, 'rate_limit_error', 'rate-limit'],
    [500, 'api_error', 'server'],
    [504, 'timeout_error', 'timeout'],
    [529, 'overloaded_error', 'overload'],
  ])('%d %s is %s, and said so to a client', (status, type, kind) => {
    const body = { type: 'error', error: { type, message: 'Because.' }, request_id: 'req_1' }
    const error = anthropicMessages.decodeError(status, body, new Headers())
    expect(error).toMatchObject({ kind, status, message: 'Because.' })
    expect(anthropicMessages.encodeError(error)).toEqual(body)
  })

  test.each<[Json, string]>([
    [
      '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><p>nginx</p></body></html>',
      '502 Bad Gateway',
    ],
    ['upstream connect error', 'upstream connect error'],
    ['', '502'],
    [null, '502'],
    [{ message: 'Too many tokens' }, 'Too many tokens'],
    [{ error: 'no such route' }, 'no such route'],
  ])('a body of %j becomes a readable sentence', (body, part) => {
    const { message, kind } = anthropicMessages.decodeError(502, body, new Headers())
    expect(kind).toBe('server')
    expect(message).toContain(part)
    expect(message).not.toContain('<')
  })

  test('what the headers say about trying again is kept', () => {
    const headers = new Headers({ 'retry-after': '1.5', 'x-should-retry': 'false', 'request-id': 'req_2' })
    const { details } = anthropicMessages.decodeError(429, '', headers)
    expect(details).toMatchObject({ retryAfterMs: 1500, shouldRetry: false, requestId: 'req_2' })
  })
})

describe('an overflow is told in the words by which Claude Code knows it', () => {
  test.each([
    ['prompt is too long: 210031 tokens > 200000 maximum', /^prompt is too long: 210031 tokens > 200000 maximum$/],
    [
      'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000',
      /^input length and `max_tokens` exceed context limit: 188240 \+ 21333 > 200000$/,
    ],
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens.",
      /^prompt is too long: 130123 tokens > 128000 maximum /,
    ],
    [
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (5000 in the messages, 4000 in the completion).",
      /^input length and `max_tokens` exceed context limit: 5000 \+ 4000 > 8192 /,
    ],
    [
      'The input token count (1,200,000) exceeds the maximum number of tokens allowed (1,048,576).',
      /^prompt is too long: 1200000 tokens > 1048576 maximum /,
    ],
    ['Input too long.', /^prompt is too long \(Input too long\.\)$/],
  ])('%s', (message, told) => {
    const body = anthropicMessages.encodeError(new ModelError(message, { kind: 'context-overflow' }))
    const { error } = body as { error: { type: string; message: string } }
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toMatch(told)
    expect(error.message).toContain(message)
  })
})

describe('which relayed frames are worth reading', () => {
  test.each([
    [{ event: 'message_start', data: '{}' }, true],
    [{ event: 'message_delta', data: '{}' }, true],
    [{ event: 'message_stop', data: '{}' }, true],
    [{ event: 'error', data: '{}' }, true],
    [{ event: 'content_block_delta', data: '{}' }, false],
    [{ event: 'ping', data: '{}' }, false],
    [{ data: '{"type":"content_block_delta"}' }, false],
    [{ data: '{"type":"message_stop"}' }, true],
    [{ data: '{"error":{}}' }, true],
  ])('%j: %p', (frame, isNotable) => {
    expect(anthropicMessages.isNotable(frame)).toBe(isNotable)
  })
})
