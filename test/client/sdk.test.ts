import Anthropic, {
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
import { anthropicError, anthropicErrorFrame, SIGNATURE } from '../helper/turn-anthropic.ts'
import { chatError, chatErrorFrame } from '../helper/turn-chat.ts'
import { geminiError, THOUGHT_SIGNATURE } from '../helper/turn-gemini.ts'
import { sse } from '../helper/turn-parts.ts'
import { USAGE, type Turn } from '../helper/turn.ts'
import type { Received, Script } from '../helper/upstream.ts'
import { anthropicMessages, gemini, openaiChat } from './config.ts'
import { conversationOf } from './conversation.ts'
import { IMAGE, LIMIT_MS } from './play.ts'
import { serve } from './served.ts'

const ask = {
  model: 'claude-scripted',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hello 🙂' }],
} satisfies Anthropic.MessageCreateParamsNonStreaming
const GEMINI_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
}
const tools: Anthropic.Tool[] = [
  { name: 'look', description: 'Look', input_schema: { type: 'object', properties: { at: { type: 'string' } } } },
]

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

/** How each provider tells that it failed, and that a prompt was too long. */
const protocols = [
  {
    ...anthropicMessages,
    countsTokens: true,
    signature: SIGNATURE,
    errorBody: (_: number, type: string, message: string): unknown => anthropicError(type, message),
    errorFrame: anthropicErrorFrame(),
    overflow: anthropicError('invalid_request_error', 'prompt is too long: 140000 tokens > 128000 maximum'),
  },
  {
    ...openaiChat,
    countsTokens: false,
    signature: undefined,
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
    countsTokens: false,
    signature: THOUGHT_SIGNATURE,
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

describe.each(protocols)('the Anthropic SDK through ccr to $name', (protocol) => {
  const open = async (script: Script, base = '') => {
    const served = await serve(protocol, script)
    const client = new Anthropic({ apiKey: 'clients-own-key', baseURL: served.url + base, maxRetries: 0 })
    return { ...served, client, [Symbol.asyncDispose]: served[Symbol.asyncDispose] }
  }
  const saying = (turn: Turn) => (request: Received) => answerTurn(request, turn)
  const counted = protocol.usage(USAGE)
  const usage = {
    input_tokens: counted.input,
    output_tokens: counted.output,
    cache_read_input_tokens: counted.cacheRead,
    cache_creation_input_tokens: counted.cacheWrite,
  }

  test(
    'streams text as it comes, and its usage',
    async () => {
      await using stage = await open(saying({ text: 'Grüße aus dem Modell 🙂 — ende' }))
      const seen: string[] = []
      const message = await stage.client.messages
        .stream(ask)
        .on('text', (text) => seen.push(text))
        .finalMessage()
      expect(message.content).toMatchObject([{ type: 'text', text: 'Grüße aus dem Modell 🙂 — ende' }])
      expect(seen.length).toBeGreaterThan(1)
      expect(message).toMatchObject({ role: 'assistant', stop_reason: 'end_turn', usage })
    },
    LIMIT_MS,
  )

  test(
    'answers whole what a stream answers in pieces',
    async () => {
      const turn = { reasoning: 'Let me see.', text: 'Looking.', calls: [{ name: 'look', input: { at: 'ünïcode' } }] }
      await using stage = await open(saying(turn))
      const streamed = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const whole = await stage.client.messages.create({ ...ask, tools })
      expect(kinds(whole)).toEqual(kinds(streamed))
      expect(whole).toMatchObject({ stop_reason: 'tool_use', usage })
    },
    LIMIT_MS,
  )

  test(
    'calls tools in parallel and takes their results',
    async () => {
      const calls = ['one', 'two'].map((at) => ({ name: 'look', input: { at } }))
      await using stage = await open((request) => answerTurn(request, request.serial ? { text: 'Done.' } : { calls }))
      const called = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const uses = called.content.filter((block) => block.type === 'tool_use')
      expect(uses.map(({ input }) => input)).toEqual([{ at: 'one' }, { at: 'two' }])
      const results = uses.map(({ id }, index) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: `result ${index}`,
      }))
      const messages = [
        ...ask.messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: results },
      ]
      const done = await stage.client.messages.create({ ...ask, tools, messages: messages as Anthropic.MessageParam[] })
      expect(kinds(done)).toEqual([['text', 'Done.']])
      const { messages: seen } = conversationOf(await stage.upstream.request(2))
      expect(seen.filter(({ role }) => role === 'tool').map(({ text }) => text)).toEqual(['result 0', 'result 1'])
    },
    LIMIT_MS,
  )

  test.skipIf(!protocol.signature)(
    'what the model signed comes back to it',
    async () => {
      const turn = { reasoning: 'I must look.', calls: [{ name: 'look', input: { at: 'one' } }] }
      await using stage = await open((request) => answerTurn(request, request.serial ? { text: 'Done.' } : turn))
      const { content } = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const use = content.find((block) => block.type === 'tool_use')
      const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'seen' }
      const messages: Anthropic.MessageParam[] = [
        ...ask.messages,
        { role: 'assistant', content },
        { role: 'user', content: [result] },
      ]
      await stage.client.messages.create({ ...ask, tools, messages })
      const { text } = await stage.upstream.request(2)
      expect(text.split(`"${protocol.signature}"`)).toHaveLength(2)
    },
    LIMIT_MS,
  )

  test(
    'brings an image to the model as an image',
    async () => {
      await using stage = await open(saying({ text: 'Red.' }))
      const source = { type: 'base64', media_type: 'image/png', data: IMAGE } as const
      const content = [
        { type: 'text', text: 'What is it?' },
        { type: 'image', source },
      ] satisfies Anthropic.ContentBlockParam[]
      await stage.client.messages.create({ ...ask, messages: [{ role: 'user', content }] })
      const { messages } = conversationOf(await stage.upstream.request())
      expect(messages.flatMap(({ images }) => images)).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
    },
    LIMIT_MS,
  )

  test(
    'shows the thinking before the text',
    async () => {
      await using stage = await open(saying({ reasoning: 'Hm, let me think.', text: 'Yes.' }))
      const thinking = { type: 'enabled', budget_tokens: 1024 } as const
      const message = await stage.client.messages.stream({ ...ask, max_tokens: 4000, thinking }).finalMessage()
      expect(kinds(message)).toEqual([
        ['thinking', 'Hm, let me think.'],
        ['text', 'Yes.'],
      ])
      if (!protocol.returnsReasoning) return
      expect(message.content[0]).toMatchObject({ signature: SIGNATURE })
    },
    LIMIT_MS,
  )

  test.each(ERRORS)(
    '%d %s is thrown as the SDK throws it, with its words',
    async (status, type, error) => {
      const answer = json(protocol.errorBody(status, type, 'the scripted reason'), status, { 'retry-after': '7' })
      await using stage = await open(() => answer)
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
      await using stage = await open(() => json(protocol.overflow, 400))
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
      await using stage = await open(() => answer)
      const thrown = await stage.client.messages.create(ask).catch((reason: unknown) => reason)
      expect((thrown as APIError).headers?.get('x-should-retry')).toBe('false')
    },
    LIMIT_MS,
  )

  test(
    'a model that is silent for long is bridged by pings',
    async () => {
      await using stage = await open((request) => {
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
      await using stage = await open((request) =>
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
      await using stage = await open((request) => {
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
      await using stage = await open(() => silence())
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

  test(
    'counts tokens',
    async () => {
      await using stage = await open((request) =>
        request.path.endsWith('/count_tokens') ? json({ input_tokens: 77 }) : answerTurn(request, { text: 'no' }),
      )
      const { input_tokens } = await stage.client.messages.countTokens({ model: ask.model, messages: ask.messages })
      // Anthropic counts itself; of a Chat provider's model only ccr can tell: three words and what frames them.
      if (protocol.countsTokens) expect(input_tokens).toBe(77)
      else expect(input_tokens).toBeWithin(2, 30)
    },
    LIMIT_MS,
  )

  test(
    'lists the models of the config',
    async () => {
      await using stage = await open(saying({ text: 'no' }))
      const { data } = await stage.client.models.list()
      expect(data.map(({ id }) => id).join(' ')).toContain('scripted-model')
    },
    LIMIT_MS,
  )

  test(
    'a base URL with /v1 works as well',
    async () => {
      await using stage = await open(saying({ text: 'Here.' }), '/v1')
      expect(kinds(await stage.client.messages.create(ask))).toEqual([['text', 'Here.']])
    },
    LIMIT_MS,
  )

  test(
    'the provider gets its own key and model, and the client’s key goes nowhere',
    async () => {
      await using stage = await open(saying({ text: 'Here.' }))
      await stage.client.messages.create(ask)
      const request = await stage.upstream.request()
      const { authorization, 'x-api-key': key, 'x-goog-api-key': googleKey } = request.headers
      expect([authorization, key, googleKey].join(' ')).toContain('scripted-key')
      expect(JSON.stringify([request.headers, [...request.query]])).not.toContain('clients-own-key')
      expect(conversationOf(request).model).toBe('scripted-model')
    },
    LIMIT_MS,
  )
})

/** What a message is made of, without ids and signatures. */
function kinds(message: Anthropic.Message): unknown[] {
  return message.content.map((block) => {
    if (block.type === 'text') return [block.type, block.text]
    if (block.type === 'thinking') return [block.type, block.thinking]
    return block.type === 'tool_use' ? [block.type, block.name, block.input] : [block.type]
  })
}
