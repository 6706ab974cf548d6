import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { gemini } from '../../../src/protocol/gemini/index.ts'
import { codecOf } from '../../../src/protocol/index.ts'

const ask = { role: 'user', parts: [{ text: 'Hi' }] }
const model = (...parts: JsonObject[]): JsonObject => ({ role: 'model', parts })
const call = { functionCall: { name: 'a', args: {} } }
const decoded = (...contents: JsonObject[]) =>
  gemini.decodeRequest({ path: '/models/m:generateContent', query: '', headers: {}, body: { contents } })
const encoded = (request: ReturnType<typeof decoded>): unknown =>
  gemini.encodeRequest(request, { provider: 'p', model: 'm', traits: {} }).wire.body.contents

const CHUNKED: readonly (readonly [string, JsonObject[]])[] = [
  ['texts cut anywhere', [model({ text: 'One ' }), model({ text: 'two' }), model({ text: '' })]],
  ['an empty text first', [model({ text: '' }), model({ text: 'One' })]],
  [
    'texts around calls',
    [model({ text: 'Lo' }), model({ text: 'ok' }, call), model(call, { text: '' }), model({ text: 'ed' })],
  ],
  [
    'thoughts',
    [
      model({ text: 'hm', thought: true }),
      model({ text: 'm', thought: true, thoughtSignature: 'c2ln' }),
      model({ text: 'So' }),
    ],
  ],
  ['contents without parts', [model(), model({ text: 'a' }), model()]],
  ['marked texts', [model({ text: 'a', thoughtSignature: 'c2ln' }), model({ text: 'b' })]],
]

describe('contents of the model that follow each other are one turn', () => {
  test.each(CHUNKED)('%s', (_, contents) => {
    const request = decoded(ask, ...contents, ask)
    expect(request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(encoded(request)).toEqual([ask, ...contents, ask])
  })

  test('whose text others are told whole', () => {
    const request = decoded(ask, model({ text: 'One ' }), model({ text: 'two' }), model({ text: '' }), ask)
    const { wire } = codecOf('openai-chat').encodeRequest(request, { provider: 'p', model: 'm', traits: {} })
    expect(wire.body.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'One two' },
      { role: 'user' },
    ])
  })

  test.each([
    ['with keys of their own', { ...model({ text: 'b' }), extra: 1 }],
    ['that are the user’s', ask],
  ])('but not those %s', (_, other) => {
    const contents = [model({ text: 'a' }), other, model({ text: 'c' })]
    expect(decoded(...contents).messages).toHaveLength(3)
    expect(encoded(decoded(...contents))).toEqual(contents)
  })

  test.each([
    ['longer', 'One two three'],
    ['shorter', 'One'],
  ])('an edit that makes the text %s wins', (_, text) => {
    const request = decoded(ask, model({ text: 'One ' }), model({ text: 'two' }))
    const [first, turn] = request.messages as [(typeof request.messages)[0], (typeof request.messages)[0]]
    const messages = [first, { ...turn, parts: [{ type: 'text', text } as const] }] as typeof request.messages
    expect(encoded({ ...request, messages })).toEqual([ask, model({ text })])
  })
})
