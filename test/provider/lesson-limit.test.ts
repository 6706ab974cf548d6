import { describe, expect, test } from 'bun:test'
import { ModelError, type ErrorKind } from '../../src/canonical/error.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { applyLessons, lessonOf, type Lesson } from '../../src/provider/lesson.ts'

const taught = (error: ModelError, body: JsonObject): Lesson | undefined => lessonOf(error, { body, headers: {} })
const edited = (body: JsonObject, lessons: readonly Lesson[]): JsonObject =>
  applyLessons({ body, headers: {} }, lessons).body

const refusal = (message: string, kind: ErrorKind = 'bad-request', param?: string): ModelError =>
  new ModelError(message, { kind, ...(param !== undefined && { param }) })

describe('a limit that a vendor states is learnt, whatever other numbers stand beside it', () => {
  test.each<[string, number, number]>([
    // OpenAI, Azure
    [
      'max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.',
      32_000,
      16_384,
    ],
    // Anthropic
    [
      'max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001',
      128_000,
      64_000,
    ],
    // Bedrock
    [
      'The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.',
      32_000,
      8192,
    ],
    // DeepSeek, old and new
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 32_000, 8192],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 393216]', 512_000, 393_216],
    // Model Studio
    ['<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 32768]', 64_000, 32_768],
    // Volcano Engine
    [
      'The parameter `max_tokens` specified in the request is not valid: integer above maximum value, expected a value <= 12288, but got 32000 instead. Request id: 0217752964393142fa50af54af66c5cfb922304bfd59ea286af93',
      32_000,
      12_288,
    ],
    // Groq
    [
      '`max_tokens` must be less than or equal to `16384`, the maximum value for `max_tokens` is less than the `context_window` for this model',
      32_000,
      16_384,
    ],
    ['max_tokens for `llama-3.1-8b-instant` must be less than or equal to 8000', 32_000, 8000],
    // Vertex, Gemini
    [
      'Unable to submit request because it has a maxOutputTokens value of 655360 but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.',
      655_360,
      65_536,
    ],
    // Ollama's cloud
    [
      "max_tokens (384000) exceeds model's maximum output tokens (65536) for model deepseek-v4-flash:0731",
      384_000,
      65_536,
    ],
    // Cohere
    [
      'too many tokens: max tokens must be less than or equal to 4096, the maximum output length for this model - received 32000.',
      32_000,
      4096,
    ],
    // Numbers with commas
    ['max_tokens must be between 1 and 8,192', 32_000, 8192],
    // In nobody's words
    ['the field max_tokens was too large here: 20000 would do', 32_000, 20_000],
  ])('%s', (words, asked, most) => {
    const lesson = taught(refusal(`ark (doubao-1-5-pro-32k-250115) answered 400: ${words}`), { max_tokens: asked })
    expect(lesson).toEqual({ type: 'limit', field: 'max_tokens', most })
  })

  test('also in the name of the field that is to blame', () => {
    const param =
      'max_tokens is too large: 1048576. This model supports at most 131072 completion tokens, whereas you provided 1048576.'
    const lesson = taught(refusal('mimo (m) answered 400: Param Incorrect', 'bad-request', param), {
      max_tokens: 1_048_576,
    })
    expect(lesson).toEqual({ type: 'limit', field: 'max_tokens', most: 131_072 })
  })

  test.each<[JsonObject, string]>([
    [{ max_tokens: 9000 }, 'max_tokens'],
    [{ max_completion_tokens: 9000 }, 'max_completion_tokens'],
    [{ max_output_tokens: 9000 }, 'max_output_tokens'],
    [{ generationConfig: { maxOutputTokens: 9000, topK: 1 } }, 'generationConfig.maxOutputTokens'],
  ])('in %j, at %s, and what is smaller stays', (body, field) => {
    const lesson = taught(refusal('the maximum number of output tokens is 8192'), body)
    expect(lesson).toEqual({ type: 'limit', field: field as never, most: 8192 })
    const lessons = lesson ? [lesson] : []
    expect(JSON.stringify(edited(body, lessons))).toBe(JSON.stringify(body).replace('9000', '8192'))
    const small = JSON.parse(JSON.stringify(body).replace('9000', '80')) as JsonObject
    expect(edited(small, lessons)).toBe(small)
  })

  test('a budget of thinking is kept below it', () => {
    const thinking = { type: 'enabled', budget_tokens: 31_999 }
    const body = { max_tokens: 32_000, thinking }
    const lesson = taught(
      refusal('max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens'),
      body,
    )
    expect(edited(body, lesson ? [lesson] : [])).toEqual({
      max_tokens: 8192,
      thinking: { ...thinking, budget_tokens: 8191 },
    })
  })
})

describe('what a window has left beside one prompt holds for one call', () => {
  test.each<[string, number]>([
    [
      "'max_tokens' is too large: 32000. This model's maximum context length is 8192 tokens and your request has 20 input tokens (32000 > 8192 - 20).",
      8172,
    ],
    [
      "This model's maximum context length is 8192 tokens. However, you requested 32020 tokens (20 in the messages, 32000 in the completion). Please reduce the length of the messages or completion.",
      8172,
    ],
    [
      "This endpoint's maximum context length is 32768 tokens. However, you requested about 37018 tokens (5018 of text input, 32000 in the output).",
      27_750,
    ],
    [
      "This model's maximum context length is 32768 tokens. However, you requested 32000 output tokens and your prompt contains 5000 input tokens, for a total of 37000 tokens.",
      27_768,
    ],
    ['`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 200 `inputs` tokens and 32000 `max_new_tokens`', 7993],
    [
      'input length and `max_tokens` exceed context limit: 188240 + 32000 > 200000, decrease input length or `max_tokens` and try again',
      11_760,
    ],
  ])('%s', (words, most) => {
    const expected = { type: 'limit', field: 'max_tokens', most, ofThisCall: true } as const
    for (const kind of ['bad-request', 'context-overflow'] as const)
      expect(taught(refusal(`local (m) answered 400: ${words}`, kind), { max_tokens: 32_000 })).toEqual(expected)
  })

  test.each([
    ['context-overflow', 'prompt is too long: 250000 tokens > 200000 maximum'],
    [
      'context-overflow',
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
    [
      'context-overflow',
      "This model's maximum context length is 8192 tokens. However, you requested 40000 tokens (8000 in the messages, 32000 in the completion).",
    ],
    [
      'context-overflow',
      "This model's maximum context length is 8192 tokens. However, you requested 41000 tokens (9000 in the messages, 32000 in the completion).",
    ],
    ['context-overflow', 'The input token count (2845475) exceeds the maximum number of tokens allowed (1048576).'],
    ['bad-request', 'max_tokens must be at least 1'],
    ['bad-request', '`max_tokens` must be greater than `thinking.budget_tokens`'],
    ['bad-request', 'max_tokens参数非法。请检查文档。'],
    ['bad-request', 'max_tokens: 400 is a bad number, see article 1024.html'],
    ['bad-request', 'tools: at most 128 tools are allowed'],
    ['rate-limit', 'Request too large: Limit 8000, Requested 32000, max_tokens is at most 8000'],
  ] as const)('%s: nothing is to be learnt from "%s"', (kind, words) => {
    const lesson = taught(refusal(`local (m) answered 400: ${words}`, kind), { max_tokens: 32_000 })
    expect(lesson?.type).not.toBe('limit')
  })
})

test.each([
  [
    'openai-chat',
    {
      error: {
        message:
          "'max_tokens' is too large: 32000. This model's maximum context length is 8192 tokens and your request has 20 input tokens (32000 > 8192 - 20).",
        type: 'BadRequestError',
        code: 400,
      },
    },
  ],
  [
    'openai-chat',
    {
      error: {
        message:
          "This model's maximum context length is 8192 tokens. However, you requested 32020 tokens (20 in the messages, 32000 in the completion).",
        code: 'context_length_exceeded',
      },
    },
  ],
  [
    'anthropic-messages',
    {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'input length and `max_tokens` exceed context limit: 20 + 32000 > 8192',
      },
    },
  ],
] as const)('as %s tells it, whatever kind of error its decoder sees', (protocol, body) => {
  const error = codecOf(protocol).decodeError(400, body, new Headers())
  expect(taught(error, { max_tokens: 32_000 })).toMatchObject({ type: 'limit', most: 8172, ofThisCall: true })
})
