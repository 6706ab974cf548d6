import { describe, expect, test } from 'bun:test'
import { ModelError, type ErrorKind } from '../../../src/canonical/error.ts'
import type { Json } from '../../../src/canonical/json.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import { errorInside } from '../../../src/protocol/openai/error.ts'

const decode = (status: number, body: Json, headers: Record<string, string> = {}) =>
  openaiChat.decodeError(status, body, new Headers(headers))

describe('what went wrong is read from whatever shape', () => {
  test.each<[name: string, status: number, body: Json, kind: ErrorKind, message: string]>([
    [
      'OpenAI',
      401,
      {
        error: {
          message: 'Incorrect API key provided',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        },
      },
      'auth',
      'Incorrect API key provided',
    ],
    [
      'no quota',
      429,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'quota',
      'You exceeded your current quota',
    ],
    [
      'too fast',
      429,
      { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
      'rate-limit',
      'Rate limit reached',
    ],
    [
      'no such model',
      404,
      { error: { message: 'The model `x` does not exist', code: 'model_not_found' } },
      'not-found',
      'The model `x` does not exist',
    ],
    [
      'a filter',
      400,
      { error: { message: 'The response was filtered', code: 'content_filter' } },
      'content-filter',
      'The response was filtered',
    ],
    [
      'DeepSeek without money',
      402,
      { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } },
      'payment',
      'Insufficient Balance',
    ],
    [
      'no credits, said with 400',
      400,
      { error: { message: 'Your credit balance is too low' } },
      'payment',
      'Your credit balance is too low',
    ],
    [
      'FastAPI',
      422,
      {
        detail: [
          { loc: ['body', 'temperature'], msg: 'Input should be a valid number', type: 'float_type' },
          { loc: ['body'], msg: 'x' },
        ],
      },
      'bad-request',
      'body.temperature: Input should be a valid number; body: x',
    ],
    ['FastAPI in a word', 404, { detail: 'Not Found' }, 'not-found', 'Not Found'],
    [
      'vLLM',
      400,
      { object: 'error', message: 'bad tool', type: 'BadRequestError', param: null, code: 400 },
      'bad-request',
      'bad tool',
    ],
    [
      'Mistral',
      422,
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'x'], msg: 'Extra inputs are not permitted' }] },
        type: 'invalid_request_error',
      },
      'bad-request',
      'body.x: Extra inputs are not permitted',
    ],
    ['a bare message', 500, { message: 'oops' }, 'server', 'oops'],
    ['an error text', 400, { error: 'bad things' }, 'bad-request', 'bad things'],
    [
      'an error text and a message',
      400,
      { error: 'Bad Request', message: 'tools are not allowed' },
      'bad-request',
      'tools are not allowed',
    ],
    [
      'a list',
      429,
      [{ error: { code: 429, message: 'Resource exhausted', status: 'RESOURCE_EXHAUSTED' } }],
      'rate-limit',
      'Resource exhausted',
    ],
    [
      'Cloudflare',
      403,
      { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
      'permission',
      'Authentication error',
    ],
    [
      'OpenRouter',
      400,
      {
        error: {
          code: 400,
          message: 'Provider returned error',
          metadata: { provider_name: 'Acme', raw: '{"error":{"message":"tools too deep","type":"x"}}' },
        },
      },
      'bad-request',
      'Acme: tools too deep',
    ],
    [
      'JSON inside a message',
      400,
      { error: { message: '{"error":{"message":"inner words"}}' } },
      'bad-request',
      'inner words',
    ],
    ['plain text', 503, 'upstream connect error', 'overload', 'upstream connect error'],
    [
      'a web page',
      502,
      '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
      'server',
      'The provider answered with a web page: 502 Bad Gateway',
    ],
    [
      'a page without a title',
      504,
      '<!DOCTYPE html><style>a{}</style><h1>Gateway</h1>\n<p>Time-out</p>',
      'timeout',
      'The provider answered with a web page: Gateway Time-out',
    ],
    ['nothing', 500, '', 'server', 'The provider answered with status 500 and no message'],
    [
      'nonsense',
      400,
      { error: { message: { a: [1] } } },
      'bad-request',
      'The provider answered with status 400 and no message',
    ],
    ['overloaded', 529, { error: { message: 'Overloaded', type: 'overloaded_error' } }, 'overload', 'Overloaded'],
  ])('%s', (_name, status, body, kind, message) => {
    const error = decode(status, body)
    expect([error.kind, error.status, error.message]).toEqual([kind, status, message])
  })
})

describe('a prompt that does not fit is known in anybody’s words (#14)', () => {
  test.each([
    [
      400,
      {
        error: {
          message:
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
          code: 'context_length_exceeded',
        },
      },
    ],
    [
      400,
      {
        error: {
          message: "This model's maximum context length is 102400 tokens. Please reduce the length of the messages.",
        },
      },
    ],
    [400, { object: 'error', message: 'This model’s maximum context length is 32768 tokens', code: 400 }],
    [400, { error: { message: 'the request exceeds the available context size, try increasing it', code: 400 } }],
    [400, { error: { message: 'Input is too long for requested model.' } }],
    [400, { error: { message: 'prompt is too long: 210000 tokens > 200000 maximum' } }],
    [
      400,
      {
        error: { message: 'Please reduce the length of the messages or completion.', code: 'context_length_exceeded' },
      },
    ],
    [
      400,
      { error: { message: 'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).' } },
    ],
    [400, { error: { message: 'Range of input length should be [1, 129024]' } }],
    [
      400,
      {
        error: {
          message: 'Invalid request: Your request exceeded model token limit: 131072 (context length exceeded)',
        },
      },
    ],
    [
      422,
      {
        message:
          'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      },
    ],
    [
      400,
      {
        error: {
          message:
            'trying to keep the first 9000 tokens when context the overflows. However, the number of tokens to keep from the initial prompt is greater than the context length',
        },
      },
    ],
    [413, { error: { message: 'too many tokens in the prompt' } }],
    [500, 'Requested token count exceeds the model’s maximum context length of 40960 tokens'],
  ])('%# with status %p', (status, body) => {
    expect(decode(status, body as Json).kind).toBe('context-overflow')
  })

  test('a token rate limit is none', () => {
    expect(decode(429, { message: 'Too many tokens, please wait before trying again.' }).kind).toBe('rate-limit')
  })
})

describe('headers', () => {
  test.each<[headers: Record<string, string>, ms: number | undefined]>([
    [{ 'retry-after': '5' }, 5000],
    [{ 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT' }, undefined],
    [{ 'x-ratelimit-reset-requests': '1m30s', 'x-ratelimit-remaining-requests': '0' }, 90_000],
    [{ 'x-ratelimit-reset-requests': '20ms', 'x-ratelimit-reset-tokens': '1.5s' }, 1500],
    [{ 'x-ratelimit-reset-tokens': '6s', 'x-ratelimit-remaining-tokens': '100' }, undefined],
    [{ 'x-ratelimit-reset': '7' }, 7000],
    [{ 'x-ratelimit-reset': '1792567690000', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'soon' }, undefined],
    [
      {
        'anthropic-ratelimit-requests-reset': '2026-10-21T07:28:30Z',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-10-21T07:29:30Z',
        'anthropic-ratelimit-tokens-remaining': '100',
        date: 'Wed, 21 Oct 2026 07:28:00 GMT',
      },
      30_000,
    ],
    [{ 'anthropic-ratelimit-unified-reset': '1792567690', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'x-ms-retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    [{ 'retry-after': '90s' }, 90_000],
    [{ 'ratelimit-reset': '50', 'ratelimit-remaining': '0' }, 50_000],
    [{ 'x-ratelimit-reset-tokens-minute': '42.5', 'x-ratelimit-remaining-tokens-minute': '0' }, 42_500],
    [
      {
        'x-ratelimit-reset-requests-day': '33011.38',
        'x-ratelimit-remaining-requests-day': '1437',
        'x-ratelimit-reset-tokens-minute': '11',
        'x-ratelimit-remaining-tokens-minute': '0',
      },
      11_000,
    ],
    [{ 'x-ratelimit-reset-requests-day': '33011.38' }, undefined],
    [{}, undefined],
  ])('%j: wait %p ms', (headers, ms) => {
    expect(decode(429, {}, headers).details.retryAfterMs).toBe(ms)
  })

  test.each<[name: string, body: Json, ms: number]>([
    [
      'Google’s RetryInfo',
      [
        {
          error: { code: 429, details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }] },
        },
      ],
      34_500,
    ],
    ['words', { error: { message: 'Rate limit reached. Please try again in 1m3.5s. Visit …' } }, 63_500],
    ['Google’s words', { error: { message: 'You exceeded your quota. Please retry in 34.074824224s.' } }, 34_075],
    [
      'Azure’s words',
      { error: { message: 'Over the token rate limit. Please retry after 45 seconds. Go to …' } },
      45_000,
    ],
    ['words with a unit written out', { error: { message: 'Try again in 1 minute.' } }, 60_000],
    ['words in milliseconds', { error: { message: 'Please try again in 20ms.' } }, 20],
  ])('%s in the body count where no header says it', (_, body, ms) => {
    expect(decode(429, body).details.retryAfterMs).toBe(ms)
    expect(decode(429, body, { 'retry-after': '2' }).details.retryAfterMs).toBe(2000)
  })

  test('words of an error inside an answer count, too', () => {
    const context = { provider: 'p', model: 'm', id: (prefix: string) => `${prefix}1` }
    const told = { code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again in 1.898s. Visit …' }
    expect(errorInside({ error: told }, context).details.retryAfterMs).toBe(1898)
    const busy = { code: 'server_is_overloaded', message: 'Overloaded, try again in 2s.' }
    expect(errorInside({ error: busy }, context).details.retryAfterMs).toBeUndefined()
  })

  test('headers that a gateway tells in the body count where there are none', () => {
    const told = { 'X-RateLimit-Limit': '20', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '1792567690000' }
    const body = { error: { message: 'Rate limit exceeded', code: 429, metadata: { headers: told } } }
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    expect(decode(429, body, { date }).details.retryAfterMs).toBe(10_000)
    expect(decode(429, body, { date, 'retry-after': '2' }).details.retryAfterMs).toBe(2000)
  })

  test('a rate limit’s reset says nothing about other failures', () => {
    expect(decode(500, {}, { 'x-ratelimit-reset-requests': '10s' }).details.retryAfterMs).toBeUndefined()
  })

  test('request id, advice about retries and the field at fault are kept', () => {
    const body = { error: { message: 'no', type: 't', code: 'c', param: 'tools[0]' } }
    expect(decode(400, body, { 'x-request-id': 'r1', 'x-should-retry': 'false' }).details).toMatchObject({
      requestId: 'r1',
      shouldRetry: false,
      type: 't',
      code: 'c',
      param: 'tools[0]',
    })
  })
})

test.each(['constructor', 'toString', '__proto__'])('a code of %p is only a word', (code) => {
  expect(decode(400, { error: { message: 'no', code, type: code } }).kind).toBe('bad-request')
})

test('a page of unclosed tags is read in no time', () => {
  const started = performance.now()
  expect(decode(500, `<html>${'<a'.repeat(500_000)}`).message.length).toBeLessThan(1000)
  expect(performance.now() - started).toBeLessThan(500)
})

test('an error is told in OpenAI’s shape, and read back as the same kind', () => {
  const kinds: ErrorKind[] = [
    'bad-request',
    'auth',
    'permission',
    'not-found',
    'too-large',
    'context-overflow',
    'content-filter',
    'rate-limit',
    'quota',
    'overload',
    'server',
  ]
  for (const kind of kinds) {
    const error = new ModelError('words', { kind })
    const body = openaiChat.encodeError(error)
    expect(body).toMatchObject({ error: { message: 'words', type: expect.any(String), param: null } })
    expect(decode(error.status, body).kind).toBe(kind)
  }
})
