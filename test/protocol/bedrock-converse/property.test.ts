import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/canonical/json.ts'
import type { MediaPart, Message, ModelRequest, Part } from '../../../src/canonical/request.ts'
import { bedrockConverse } from '../../../src/protocol/bedrock-converse/index.ts'
import { converseFaults } from '../validate/bedrock.ts'

const MODELS = [
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'global.anthropic.claude-opus-4-6-v1',
  'us.amazon.nova-2-lite-v1:0',
  'us.meta.llama3-3-70b-instruct-v1:0',
] as const

const ids = fc.constantFrom('a', 'b', 'functions.x:0', '', 'é'.repeat(90))
const names = fc.constantFrom('read', 'mcp.files/read', 'x'.repeat(100), 'ünï')
const cache = fc.option(fc.constantFrom({}, { ttl: '1h' as const }, { ttl: '5m' as const }), { nil: undefined })
const words = fc.oneof(fc.string(), fc.constantFrom('', ' ', '\n', 'words', '\ud800'))
const text = fc.record({ type: fc.constant('text' as const), text: words, cache }).map(withoutNothing)
const media: fc.Arbitrary<MediaPart> = fc
  .record({
    type: fc.constant('media' as const),
    kind: fc.constantFrom('image' as const, 'document' as const, 'audio' as const, 'video' as const),
    mediaType: fc.option(fc.constantFrom('image/png', 'image/bmp', 'application/pdf', 'text/plain', 'odd'), {
      nil: undefined,
    }),
    source: fc.constantFrom<MediaPart['source']>(
      { type: 'base64', data: 'AAAA' },
      { type: 'text', text: 'Words' },
      { type: 'url', url: 'https://example.com/a.png' },
      { type: 'url', url: 's3://bucket/a.png' },
      { type: 'file', id: 'f' },
    ),
    title: fc.option(words, { nil: undefined }),
    cache,
  })
  .map(withoutNothing)
const part: fc.Arbitrary<Part> = fc.oneof(
  text,
  media,
  fc.record({
    type: fc.constant('tool-call' as const),
    id: ids,
    name: names,
    input: fc.constantFrom('', '{}', '{"a":1}', '[1]', '{"a'),
  }),
  fc
    .record({
      type: fc.constant('tool-result' as const),
      id: ids,
      content: fc.array(fc.oneof(text, media), { maxLength: 3 }),
      isError: fc.option(fc.boolean(), { nil: undefined }),
      cache,
    })
    .map(withoutNothing),
  fc.record({
    type: fc.constant('reasoning' as const),
    text: words,
    signature: fc.constantFrom('', 'c2ln'),
    origin: fc.record({ provider: fc.constantFrom('bedrock', 'other'), model: fc.constantFrom(...MODELS) }),
  }),
)
const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const),
  parts: fc.array(part, { maxLength: 4 }),
})

/** A client may send results in any turn, but nobody's own answer holds them, and nobody else calls tools. */
const history = fc.array(message, { maxLength: 8 }).map((messages) =>
  messages.map(({ role, parts }): Message => ({
    role,
    parts: parts.filter(({ type }) =>
      role === 'assistant' ? type !== 'tool-result' : type !== 'tool-call' && type !== 'reasoning',
    ),
  })),
)

test.each(MODELS)('any history becomes one that Bedrock takes, for %s', (model) => {
  fc.assert(
    fc.property(history, cache, fc.boolean(), (messages, mark, hasTools) => {
      const tools = hasTools
        ? [{ type: 'function' as const, name: 'read', schema: { type: 'object' }, ...(mark && { cache: mark }) }]
        : []
      const system = [{ type: 'text' as const, text: 'Work.', ...(mark && { cache: mark }) }]
      const last: Message = { role: 'user', parts: [{ type: 'text', text: 'Go on.' }] }
      const request: ModelRequest = {
        model,
        system,
        messages: [...messages, last],
        tools,
        stream: true,
        reasoning: { mode: 'on', budget: 2000 },
        maxOutputTokens: 4000,
      }
      expect(faults(request, model)).toEqual([])
    }),
    { numRuns: 500 },
  )
})

/** Schemas with references, some of which lead nowhere or back. */
const schemas = fc.letrec<{ node: JsonObject }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<JsonObject>(
      { type: 'string' },
      { $ref: '#/$defs/a' },
      { $ref: '#' },
      { $ref: '#/nowhere' },
      { enum: ['x', 1, null] },
      {},
      { const: { $ref: 'data' } },
    ),
    fc.record({ type: fc.constant('array'), items: tie('node') }) as fc.Arbitrary<JsonObject>,
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('p', '$ref', '__proto__', 'type'), tie('node')),
    }) as fc.Arbitrary<JsonObject>,
    fc.record({ anyOf: fc.array(tie('node'), { maxLength: 3 }) as fc.Arbitrary<Json> }) as fc.Arbitrary<JsonObject>,
    fc.record({ allOf: fc.array(tie('node'), { maxLength: 3 }) as fc.Arbitrary<Json> }) as fc.Arbitrary<JsonObject>,
  ),
})).node

test.each(MODELS)('a tool of any schema is one that Bedrock takes, for %s', (model) => {
  fc.assert(
    fc.property(schemas, schemas, (schema, a) => {
      const tool = { type: 'function' as const, name: 't', schema: { ...schema, $defs: { a }, title: 'T' } }
      const messages: Message[] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
      const request: ModelRequest = { model, system: [], messages, tools: [tool], stream: false }
      const found = faults(request, model).filter(
        (fault) =>
          !fault.includes('is no schema of an object') || schema.type === undefined || schema.type === 'object',
      )
      expect(found).toEqual([])
    }),
    { numRuns: 200 },
  )
})

function faults(request: ModelRequest, model: string): string[] {
  const { wire } = bedrockConverse.encodeRequest(request, { provider: 'bedrock', model, traits: {} })
  return converseFaults(JSON.parse(JSON.stringify(wire.body)) as JsonObject, model)
}

function withoutNothing<Node extends object>(node: Node): { [Key in keyof Node]: Exclude<Node[Key], undefined> } {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as never
}
