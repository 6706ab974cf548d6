import {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { describe, expect, test } from 'bun:test'

import { insertAfter, json, silence, stopAfter, stream, type Answer } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { anthropicError, anthropicErrorFrame } from '../helper/turn-anthropic.ts'
import { chatError, chatErrorFrame } from '../helper/turn-chat.ts'
import { geminiError } from '../helper/turn-gemini.ts'
import { sse } from '../helper/turn-parts.ts'
import { anthropicMessages, gemini, openaiChat } from './config.ts'
import { LIMIT_MS } from './play.ts'
import { ask, openStage } from './sdk-stage.ts'

/** Status, Anthropic's word for it, and the class that the SDK throws. */
const ERRORS: [number, string, new (...parts: never[]) => APIError][] = [
  [400, 'invalid_request_error', BadRequestError],
  [401, 'authentication_error', AuthenticationError],
  [403, 'permission_error', PermissionDeniedError],
  [404, 'not_found_error', NotFoundError],
  [413, 'request_too_large', APIError],
  [429, 'rate_limit_error', RateLimitError],
  [500, 'api_error', InternalServerError],
  [529, 'overloaded_error', InternalServerError],
]

const GEMINI_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
}

/** How each provider tells that it failed, and that a prompt was too long. */
const protocols = [
  {
    ...anthropicMessages,
    errorBody: (_: number, type: string, message: string): unknown => anthropicError(type, message),
    errorFrame: anthropicErrorFrame(),
    overflow: anthropicError('invalid_request_error', 'prompt is too long: 140000 tokens > 128000 maximum'),
  },
  {
    ...openaiChat,
    errorBody: (_: number, type: string, message: string): unknown => chatError(type, message),
    errorFrame: chatErrorFrame(),
    overflow: chatError(
      'invalid_request_error',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please reduce the length of the messages.",
      'context_length_exceeded',
    ),
  },
  {
    ...gemini,
    errorBody: (code: number, _: string, message: string): unknown =>
      geminiError(code, GEMINI_STATUS[code] ?? '', message),
    errorFrame: sse(geminiError(503, 'UNAVAILABLE', 'The model is overloaded.')),
    overflow: geminiError(
      400,
      'INVALID_ARGUMENT',
      'The input token count (140000) exceeds the maximum number of tokens allowed (128000).',
    ),
  },
]

describe.each(protocols)('failures through ccr to $name', (protocol) => {
  test.each(ERRORS)(
    '%d %s is thrown as the SDK throws it, with its words',
    async (status, type, error) => {
      const answer = json(protocol.errorBody(status, type, 'the scripted reason'), status, { 'retry-after': '7' })
      await using stage = await openStage(protocol, () => answer)
      const thrown = await stage.client.messages.create(ask).catch((reason: unknown) => reason)
      expect(thrown).toBeInstanceOf(error)
      expect(thrown).toMatchObject({ status, error: { type: 'error', error: { type } } })
      expect((thrown as Error).message).toContain('the scripted reason')
      if (status === 429) expect((thrown as APIError).headers?.get('retry-after')).toBe('7')
    },
    LIMIT_MS,
  )

  test(
    'a prompt that is too long is told in the words that agents know',
    async () => {
      await using stage = await openStage(protocol, () => json(protocol.overflow, 400))
      const thrown = await stage.client.messages.create(ask).catch((reason: unknown) => reason)
      expect(thrown).toBeInstanceOf(BadRequestError)
      expect((thrown as Error).message).toMatch(/prompt is too long: 140000 tokens > 128000 maximum/)
    },
    LIMIT_MS,
  )

  // Google has no such header.
  test.skipIf(protocol.name === gemini.name)(
    'the provider’s word on whether to try again reaches the client',
    async () => {
      const answer = json(protocol.errorBody(529, 'overloaded_error', 'Overloaded'), 529, { 'x-should-retry': 'false' })
      await using stage = await openStage(protocol, () => answer)
      const thrown = await stage.client.messages.create(ask).catch((reason: unknown) => reason)
      expect((thrown as APIError).headers?.get('x-should-retry')).toBe('false')
    },
    LIMIT_MS,
  )

  test(
    'a model that is silent for long is bridged by pings',
    async () => {
      await using stage = await openStage(protocol, (request) => {
        return insertAfter(answerTurn(request, { text: 'At last.' }), 0, { pauseMs: 9000 })
      })
      const seen: string[] = []
      const response = await stage.client.messages.create({ ...ask, stream: true }).asResponse()
      expect(response.status).toBe(200)
      for (const [, type = ''] of (await response.text()).matchAll(/^event: (\w+)$/gm)) seen.push(type)
      expect(seen).toContain('ping')
      expect(seen.find((type) => type !== 'ping')).toBe('message_start')
      expect(seen.at(-1)).toBe('message_stop')
    },
    LIMIT_MS,
  )

  const breaks: [string, (whole: Answer) => Answer][] = [
    ['is cut', (whole) => stopAfter(whole, 6, 'cut')],
    ['is reset', (whole) => stopAfter(whole, 6, 'reset')],
    ['ends cleanly but too early', (whole) => stopAfter(whole, 6, 'end')],
    ['fails', (whole) => stream([...whole.pieces.slice(0, 6), protocol.errorFrame])],
    ['ends without a byte', () => stream([])],
  ]
  test.each(breaks)(
    'a stream that %s is an error, and never an answer',
    async (_, bend) => {
      await using stage = await openStage(protocol, (request) =>
        bend(answerTurn(request, { text: 'It was a long, long story. '.repeat(5) })),
      )
      const answer = stage.client.messages.stream(ask).finalMessage()
      await expect(answer).rejects.toThrow()
    },
    LIMIT_MS,
  )

  test(
    'a client that leaves in mid-stream takes the provider with it',
    async () => {
      await using stage = await openStage(protocol, (request) => {
        const whole = answerTurn(request, { text: 'first words, and then nothing any more' })
        return insertAfter(whole, 4, { until: new Promise(() => {}) })
      })
      const call = stage.client.messages.stream(ask)
      call.on('abort', () => {})
      await new Promise((resolve) => call.once('text', resolve))
      const left = performance.now()
      call.abort()
      const request = await stage.upstream.request()
      expect(await request.settled).toBe('aborted')
      expect((request.abortedAt ?? Infinity) - left).toBeLessThan(250)
    },
    LIMIT_MS,
  )

  test(
    'a client that leaves before the first byte takes the provider with it',
    async () => {
      await using stage = await openStage(protocol, () => silence())
      const leaving = new AbortController()
      const call = stage.client.messages.create(ask, { signal: leaving.signal }).catch((reason: unknown) => reason)
      const request = await stage.upstream.request()
      const left = performance.now()
      leaving.abort()
      expect(await call).toBeInstanceOf(APIUserAbortError)
      expect(await request.settled).toBe('aborted')
      expect((request.abortedAt ?? Infinity) - left).toBeLessThan(250)
    },
    LIMIT_MS,
  )
})
