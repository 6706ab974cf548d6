import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/canonical/json.ts'
import type { MediaPart, Message, Part } from '../../src/canonical/request.ts'

const CLAUDES = ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'global.anthropic.claude-opus-4-6-v1'] as const

const ids = fc.constantFrom('a', 'b', 'functions.x:0', '', 'é'.repeat(90))
const names = fc.constantFrom('read', 'mcp.files/read', 'x'.repeat(100), 'ünï')
/** A place up to which a prompt is to be cached, or none. */
export const cache = fc.option(fc.constantFrom({}, { ttl: '1h' as const }, { ttl: '5m' as const }), { nil: undefined })
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
const image: fc.Arbitrary<MediaPart> = fc.constantFrom<MediaPart>(
  { type: 'media', kind: 'image', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } },
  { type: 'media', kind: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  {
    type: 'media',
    kind: 'document',
    mediaType: 'application/pdf',
    source: { type: 'base64', data: 'AAAA' },
    title: 'a',
  },
)
const call = fc.record({
  type: fc.constant('tool-call' as const),
  id: ids,
  name: names,
  input: fc.constantFrom('', '{}', '{"a":1}', '[1]', '{"a'),
})
const result = (shown: fc.Arbitrary<MediaPart>) =>
  fc
    .record({
      type: fc.constant('tool-result' as const),
      id: ids,
      content: fc.array(fc.oneof(text, shown), { maxLength: 3 }),
      isError: fc.option(fc.boolean(), { nil: undefined }),
      cache,
    })
    .map(withoutNothing)
const thought = fc.record({
  type: fc.constant('reasoning' as const),
  text: words,
  signature: fc.constantFrom('', 'c2ln'),
  origin: fc.record({
    provider: fc.constantFrom('bedrock', 'other'),
    model: fc.constantFrom('us.amazon.nova-2-lite-v1:0', 'm', ...CLAUDES),
  }),
})
const part: fc.Arbitrary<Part> = fc.oneof(text, media, call, result(media), thought)
const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const),
  parts: fc.array(part, { maxLength: 4 }),
})

/** What clients of any protocol can say: media as they are told, and nothing but text in instructions. */
export const clientHistory = fc.array(
  fc.oneof(
    fc.record({ role: fc.constant('system' as const), parts: fc.array(text, { maxLength: 2 }) }),
    fc.record({
      role: fc.constant('assistant' as const),
      parts: fc.array(fc.oneof(text, call, thought), { maxLength: 4 }),
    }),
    fc.record({
      role: fc.constant('user' as const),
      parts: fc.array(fc.oneof(text, image, result(image)), { maxLength: 4 }),
    }),
  ),
  { maxLength: 8 },
) as fc.Arbitrary<Message[]>

/** A client may send results in any turn, but nobody's own answer holds them, and nobody else calls tools. */
export const history = fc.array(message, { maxLength: 8 }).map((messages) =>
  messages.map(({ role, parts }): Message => ({
    role,
    parts: parts.filter(({ type }) =>
      role === 'assistant' ? type !== 'tool-result' : type !== 'tool-call' && type !== 'reasoning',
    ),
  })),
)

/** Schemas with references, some of which lead nowhere or back. */
export const schemas = fc.letrec<{ node: JsonObject }>((tie) => ({
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

function withoutNothing<Node extends object>(node: Node): { [Key in keyof Node]: Exclude<Node[Key], undefined> } {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as never
}
