import { describe, expect, test } from 'bun:test'
import type { Traits } from '../../src/protocol/protocol.ts'
import type { Endpoint } from '../../src/provider/provider.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

type Loose = ReturnType<typeof JSON.parse>
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'number' } },
  required: ['city', 'degrees'],
  additionalProperties: false,
}
const ANSWER = { city: 'Zürich', degrees: 21.5 }
const WEATHER = { type: 'object', properties: { at: { type: 'string' } } }

/** A client protocol: how it asks for a format, and where it reads text, calls and the end of an answer. */
interface Client {
  readonly path: (stream: boolean) => string
  readonly body: (stream: boolean, schema: object, tools: boolean) => object
  readonly told: (body: string, stream: boolean) => { text: string; end: string; calls: number }
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (stream, schema, tools) => ({
      model: 'm',
      max_tokens: 1000,
      stream,
      messages: [{ role: 'user', content: 'Weather?' }],
      output_config: { format: { type: 'json_schema', schema } },
      ...(tools && { tools: [{ name: 'weather', input_schema: WEATHER }] }),
    }),
    told: (body, stream) => {
      if (!stream) {
        const { content, stop_reason }: Loose = JSON.parse(body)
        return {
          text: content.map((block: Loose) => block.text ?? '').join(''),
          end: stop_reason,
          calls: content.filter((block: Loose) => block.type === 'tool_use').length,
        }
      }
      const events = frames(body)
      return {
        text: events.map((event) => event.delta?.text ?? '').join(''),
        end: events.find((event) => event.type === 'message_delta').delta.stop_reason,
        calls: events.filter((event) => event.content_block?.type === 'tool_use').length,
      }
    },
  },
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (stream, schema, tools) => ({
      model: 'm',
      stream,
      messages: [{ role: 'user', content: 'Weather?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } },
      ...(tools && { tools: [{ type: 'function', function: { name: 'weather', parameters: WEATHER } }] }),
    }),
    told: (body, stream) => {
      const choices = (stream ? frames(body) : [JSON.parse(body)]).flatMap((chunk) => chunk.choices as Loose[])
      return {
        text: choices.map((choice) => (choice.delta ?? choice.message).content ?? '').join(''),
        end: choices.find((choice) => choice.finish_reason).finish_reason,
        calls: choices.filter((choice) => (choice.delta ?? choice.message).tool_calls?.[0]?.id).length,
      }
    },
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (stream, schema, tools) => ({
      model: 'm',
      stream,
      input: 'Weather?',
      text: { format: { type: 'json_schema', name: 'weather', strict: true, schema } },
      ...(tools && { tools: [{ type: 'function', name: 'weather', parameters: WEATHER }] }),
    }),
    told: (body, stream) => {
      const response: Loose = stream
        ? frames(body).find((event) => event.type === 'response.completed').response
        : JSON.parse(body)
      return {
        text: response.output
          .flatMap((item: Loose) => item.content ?? [])
          .map((part: Loose) => part.text)
          .join(''),
        end: response.status,
        calls: response.output.filter((item: Loose) => item.type === 'function_call').length,
      }
    },
  },
  gemini: {
    path: (stream) => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_stream, schema, tools) => ({
      contents: [{ role: 'user', parts: [{ text: 'Weather?' }] }],
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
      ...(tools && { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: WEATHER }] }] }),
    }),
    told: (body, stream) => {
      const candidates = (stream ? frames(body) : [JSON.parse(body)]).flatMap((chunk) => chunk.candidates as Loose[])
      const parts = candidates.flatMap((candidate) => (candidate.content?.parts ?? []) as Loose[])
      return {
        text: parts.map((part) => part.text ?? '').join(''),
        end: candidates.find((candidate) => candidate.finishReason).finishReason,
        calls: parts.filter((part) => part.functionCall).length,
      }
    },
  },
}

const ENDS: Readonly<Record<string, string>> = {
  'anthropic-messages': 'end_turn',
  'openai-chat': 'stop',
  'openai-responses': 'completed',
  gemini: 'STOP',
}

/** A target: its model, and what is known of it. `carries` finds the schema in the body that it is sent. */
interface Target {
  readonly protocol: Endpoint['protocol']
  readonly model: string
  readonly traits?: Traits
  readonly schemaIn?: (body: Loose) => unknown
}

const HAVING: readonly (Target & { schemaIn: (body: Loose) => unknown })[] = [
  {
    protocol: 'anthropic-messages',
    model: 'claude-opus-5-5',
    schemaIn: (body) => (body.output_config?.format ?? body.output_format)?.schema,
  },
  {
    protocol: 'openai-chat',
    model: 'gpt-5.2',
    schemaIn: (body) => body.response_format?.json_schema?.schema,
  },
  { protocol: 'openai-responses', model: 'gpt-5.2', schemaIn: (body) => body.text?.format?.schema },
  {
    protocol: 'gemini',
    model: 'gemini-3-pro',
    schemaIn: ({ generationConfig: config }) => config?.responseJsonSchema ?? config?.responseSchema,
  },
]

const LACKING: readonly Target[] = [
  { protocol: 'anthropic-messages', model: 'claude-3-5-sonnet-20241022' },
  { protocol: 'anthropic-messages', model: 'glm-4.6' },
  { protocol: 'openai-chat', model: 'mock', traits: { outputFormats: 'none' } },
  { protocol: 'openai-chat', model: 'mock', traits: { outputFormats: 'json' } },
  { protocol: 'openai-responses', model: 'mock', traits: { outputFormats: 'none' } },
  { protocol: 'gemini', model: 'gemini-2.5-pro', traits: { outputFormats: 'none' } },
]

const clients = Object.keys(CLIENTS)
const both = [true, false]

describe('pains #50: the format of an answer', () => {
  test.each(clients.flatMap((client) => HAVING.map((target) => [client, target.protocol, target] as const)))(
    'pains #50: the schema of a client of %s is told to a provider of %s',
    async (client, _protocol, target) => {
      for (const stream of both) {
        await using scene = await createScene(target, (request) => answerTurn(request, { text: text(ANSWER) }))
        const told = await scene.ask(client, stream)
        expect(JSON.parse(told.text)).toEqual(ANSWER)
        expect(Object.keys((target.schemaIn(scene.sent()) as Loose).properties)).toEqual(['city', 'degrees'])
        expect(told.dropped).not.toContain('format')
      }
    },
  )

  const lacking = LACKING.filter(({ protocol }) => protocol !== 'gemini')
  const table = clients.flatMap((client) =>
    lacking.filter(({ protocol }) => protocol !== client).map((target) => [client, target.model, target] as const),
  )
  test.each(table)('pains #50: a client of %s gets it from %s, which has none, by a forced tool', async (...row) => {
    const [client, , target] = row
    for (const stream of both) {
      await using scene = await createScene(target, answering)
      const told = await scene.ask(client, stream)
      expect(JSON.parse(told.text)).toEqual(ANSWER)
      expect(told).toMatchObject({ calls: 0, end: ENDS[client] })
      expect(JSON.stringify(scene.sent())).not.toMatch(/response_format|output_config|"format"/)
      expect(JSON.stringify(scene.sent().tool_choice)).toContain('structured_answer')
    }
  })

  test.each(clients)(
    'pains #50: %s: Gemini before 3, which takes no format beside tools, by a tool',
    async (client) => {
      if (client === 'gemini') return
      await using scene = await createScene({ protocol: 'gemini', model: 'gemini-2.5-pro' }, answering)
      const told = await scene.ask(client, false, { tools: true })
      expect(JSON.parse(told.text)).toEqual(ANSWER)
      expect(scene.sent().toolConfig.functionCallingConfig.mode).toBe('ANY')
    },
  )

  test.each(clients)('pains #50: %s: tools of the client are called first', async (client) => {
    for (const stream of both) {
      await using scene = await createScene({ protocol: 'openai-chat', model: 'm', traits: NONE }, (request) =>
        answerTurn(request, { text: 'I look.', calls: [{ name: 'weather', input: { at: 'Bern' } }] }),
      )
      const told = await scene.ask(client, stream, { tools: true })
      expect(told).toMatchObject({ text: 'I look.', calls: 1 })
      expect(scene.sent().tool_choice).toBe('required')
    }
  })

  test.each(clients)('pains #50: %s: an answer that is no object comes back as it was asked for', async (client) => {
    const schema = { type: 'array', items: { $ref: '#/$defs/name' }, $defs: { name: { type: 'string' } } }
    for (const stream of both) {
      await using scene = await createScene({ protocol: 'openai-chat', model: 'm', traits: NONE }, (request) =>
        answerTurn(request, { text: 'Here:', calls: [{ name: toolIn(request), input: { answer: ['a', 'b'] } }] }),
      )
      expect((await scene.ask(client, stream, { schema })).text).toBe('["a","b"]')
      const [{ function: tool }] = scene.sent().tools
      expect(tool.parameters).toMatchObject({ $defs: schema.$defs, required: ['answer'] })
    }
  })

  test.each(clients)(
    'pains #50: %s: where no tool can be forced, the schema stands in the instructions',
    async (client) => {
      const traits = { outputFormats: 'json', toolChoice: 'auto' } as const
      await using scene = await createScene({ protocol: 'openai-chat', model: 'm', traits }, (request) =>
        answerTurn(request, { text: text(ANSWER) }),
      )
      const told = await scene.ask(client, true)
      expect(JSON.parse(told.text)).toEqual(ANSWER)
      expect(told.dropped).toContain('output_config.format')
      expect(scene.sent().response_format).toEqual({ type: 'json_object' })
      expect(JSON.stringify(scene.sent().messages[0])).toContain('degrees')
    },
  )

  const REFUSALS: readonly (readonly [Target, message: string])[] = [
    [{ protocol: 'openai-chat', model: 'm' }, 'This response_format type is unavailable now'],
    [{ protocol: 'openai-chat', model: 'm' }, "Unknown parameter: 'response_format.type'"],
    [{ protocol: 'openai-chat', model: 'm' }, 'This model does not support response format `json_schema`.'],
    [{ protocol: 'openai-chat', model: 'm' }, "response_format.type must be one of 'text', 'json_object'"],
    [{ protocol: 'openai-responses', model: 'm' }, "Unsupported parameter: 'text.format' is not supported"],
    [
      { protocol: 'anthropic-messages', model: 'claude-opus-5-5' },
      'output_config.format: Extra inputs are not permitted',
    ],
    [{ protocol: 'anthropic-messages', model: 'claude-opus-5-5' }, 'output_config: Extra inputs are not permitted'],
    [
      { protocol: 'gemini', model: 'gemini-3-pro' },
      'Invalid JSON payload received. Unknown name "responseSchema": Cannot find field.',
    ],
  ]
  test.each(clients.flatMap((client) => REFUSALS.map(([target, message]) => [client, message, target] as const)))(
    'pains #50: %s: "%s" is learnt, and a tool is forced from then on',
    async (client, message, target) => {
      const refusing = (request: Received) =>
        /response_format|"format"|responseSchema|responseJsonSchema/.test(request.text)
          ? json({ type: 'error', error: { type: 'invalid_request_error', message, code: 400 } }, 400)
          : answering(request)
      await using scene = await createScene(target, refusing)
      for (const stream of [true, false, true]) {
        const told = await scene.ask(client, stream)
        expect(JSON.parse(told.text)).toEqual(ANSWER)
        expect(told).toMatchObject({ calls: 0, end: ENDS[client] })
      }
      expect(scene.requests()).toBe(4)
    },
  )

  test('pains #50: a schema that is refused as faulty stays an error', async () => {
    const message = "Invalid schema for response_format 'x': In context=(), 'oneOf' is not permitted."
    await using scene = await createScene({ protocol: 'openai-chat', model: 'm' }, () =>
      json({ error: { message, type: 'invalid_request_error', param: 'response_format' } }, 400),
    )
    expect((await scene.response('anthropic-messages', false)).status).toBe(400)
  })
})

const NONE: Traits = { outputFormats: 'none' }

function answering(request: Received): ReturnType<typeof answerTurn> {
  return answerTurn(request, { calls: [{ name: toolIn(request), input: ANSWER }] })
}

function toolIn({ text: sent }: Received): string {
  return /structured_answer\w*/.exec(sent)?.[0] ?? 'none'
}

function text(value: unknown): string {
  return JSON.stringify(value)
}

function frames(body: string): Loose[] {
  return [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data as string))
}

async function createScene(target: Target, script: Parameters<typeof createUpstream>[0]) {
  const upstream = await createUpstream(script)
  const more = { models: [target.model], traits: target.traits ?? {} }
  const { gateway } = testGateway({ providers: [testProvider(upstream.url, target.protocol, more)] })
  const response = (
    client: string,
    stream: boolean,
    { schema, tools = false }: { schema?: object; tools?: boolean } = {},
  ) => {
    const { path, body } = CLIENTS[client] as Client
    return gateway(post(path(stream), body(stream, schema ?? SCHEMA, tools)))
  }
  return {
    response,
    requests: () => upstream.requests.length,
    sent: (): Loose => JSON.parse(upstream.requests.at(-1)?.text ?? 'null'),
    async ask(client: string, stream: boolean, wish?: { schema?: object; tools?: boolean }) {
      const answer = await response(client, stream, wish)
      const body = await answer.text()
      if (answer.status !== 200) throw new Error(`${answer.status} ${body}`)
      return { ...(CLIENTS[client] as Client).told(body, stream), dropped: answer.headers.get('x-ccr-dropped') ?? '' }
    },
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}
