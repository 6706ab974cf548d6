import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { MediaPart, Part } from '../../../src/canonical/request.ts'
import { call, message, result, sent, text } from './request.ts'

const IMAGE: MediaPart = {
  type: 'media',
  kind: 'image',
  mediaType: 'image/png',
  source: { type: 'base64', data: 'iVBORw0KGgo=' },
}
const INLINE = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
const answer = (id: string, response: JsonObject, more: JsonObject = {}): JsonObject => ({
  functionResponse: { id, name: 'read', response, ...more },
})

describe('turns', () => {
  test('neighbours of one role are merged and empty texts left out', () => {
    const { contents } = sent({
      messages: [
        message('user', text('a')),
        message('user', text(''), text('b')),
        message('assistant', text('')),
        message('user', text('c')),
      ],
    })
    expect(contents).toEqual([{ role: 'user', parts: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] }])
  })

  test('a system message in mid-conversation keeps its place, marked', () => {
    const { contents } = sent({
      messages: [message('user', text('a')), message('system', text('be brief')), message('assistant', text('b'))],
    })
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: '<system>\nbe brief\n</system>' }] },
      { role: 'model', parts: [{ text: 'b' }] },
    ])
  })

  test("Claude Code's rotating billing line is not sent", () => {
    const { wire, dropped } = sent({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2' },
        { type: 'text', text: 'Help.' },
      ],
    })
    expect(wire.body.systemInstruction).toEqual({ parts: [{ text: 'Help.' }] })
    expect(dropped).toEqual(['system[0]'])
  })
})

describe('calls and results', () => {
  test('the results of a turn stand alone, directly behind it, wherever they were', () => {
    const { contents } = sent({
      messages: [
        message('user', text('go')),
        message('assistant', text('ok'), call('1'), call('2')),
        message('system', text('note')),
        message('user', text('first'), result('2', 'two'), result('1', 'one')),
      ],
    })
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'ok' },
          { functionCall: { id: '1', name: 'read', args: {} } },
          { functionCall: { id: '2', name: 'read', args: {} } },
        ],
      },
      { role: 'user', parts: [answer('2', { output: 'two' }), answer('1', { output: 'one' })] },
      { role: 'user', parts: [{ text: '<system>\nnote\n</system>' }, { text: 'first' }] },
    ])
  })

  test('a missing result is made up, one without a call is told as text', () => {
    const { contents } = sent({
      messages: [
        message('user', text('go')),
        message('assistant', call('1')),
        message('user', result('9', 'late'), text('on')),
      ],
    })
    expect(contents.slice(2)).toEqual([
      { role: 'user', parts: [answer('1', { error: 'No result was recorded for this call.' })] },
      { role: 'user', parts: [{ text: '[Result of an earlier tool call (9)]\nlate' }, { text: 'on' }] },
    ])
  })

  test('a failed call is told as an error', () => {
    const failed: Part = { ...result('1', 'no such file'), isError: true } as Part
    const { contents } = sent({
      messages: [message('user', text('go')), message('assistant', call('1')), message('user', failed)],
    })
    expect(contents[2]).toEqual({ role: 'user', parts: [answer('1', { error: 'no such file' })] })
  })

  test('a conversation that begins with a call gets a user turn before it', () => {
    const { contents } = sent({ messages: [message('assistant', call('1')), message('user', result('1'))] })
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user'])
  })

  const seen: Part = { type: 'tool-result', id: '1', content: [IMAGE] }
  const history = [message('user', text('go')), message('assistant', call('1')), message('user', seen)]
  const response = { output: '(see the attached file)' }

  test('an image in a result goes inside it for Gemini 3', () => {
    const { contents } = sent({ messages: history }, 'gemini-3-flash-preview')
    expect(contents.slice(2)).toEqual([{ role: 'user', parts: [answer('1', response, { parts: [INLINE] })] }])
  })

  test('and behind it for older models', () => {
    const { contents } = sent({ messages: history }, 'gemini-2.5-pro')
    expect(contents.slice(2)).toEqual([
      { role: 'user', parts: [answer('1', response)] },
      { role: 'user', parts: [INLINE] },
    ])
  })

  test('a block of another protocol in a result is told as JSON', () => {
    const block = { type: 'tool_reference', tool_name: 'Search' }
    const found: Part = {
      type: 'tool-result',
      id: '1',
      content: [{ type: 'native', native: { protocol: 'anthropic-messages', rest: block } }],
    }
    const { contents } = sent({
      messages: [message('user', text('go')), message('assistant', call('1')), message('user', found)],
    })
    expect(contents[2]).toEqual({ role: 'user', parts: [answer('1', { output: JSON.stringify(block) })] })
  })

  test.each([
    ['', {}],
    ['{"big":12345678901234567890}', '{"big":12345678901234567890}'],
    ['{"broken":', { unparsedArguments: '{"broken":' }],
    ['[1]', { unparsedArguments: '[1]' }],
  ])('the arguments %p are an object', (input, args) => {
    const { contents } = sent({
      messages: [message('user', text('go')), message('assistant', call('1', 'read', { input }))],
    })
    const [part] = partsIn(contents, 1)
    const told = JSON.stringify((part as { functionCall: JsonObject }).functionCall.args)
    expect(told).toBe(typeof args === 'string' ? args : JSON.stringify(args))
  })
})

describe('signatures', () => {
  const origin = { provider: 'google', model: 'gemini-3-pro-preview' }
  const of = (part: Part, model: string) =>
    sent({ messages: [message('user', text('go')), message('assistant', part, call('2'))] }, model)
  const signaturesIn = (contents: JsonObject[]) => partsIn(contents, 1).map(({ thoughtSignature }) => thoughtSignature)

  test('go back on the call that they came on', () => {
    const { contents, dropped } = of(call('1', 'read', { signature: 'c2ln', origin }), origin.model)
    expect(signaturesIn(contents)).toEqual(['c2ln', undefined])
    expect(dropped).toEqual([])
  })

  test('of another model are replaced, for Gemini 3, by the value that skips the check', () => {
    const { contents, dropped } = of(
      call('1', 'read', { signature: 'c2ln', origin: { ...origin, model: 'gemini-2.5-pro' } }),
      origin.model,
    )
    expect(signaturesIn(contents)).toEqual(['skip_thought_signature_validator', undefined])
    expect(dropped).toEqual(['messages[1].content[0].signature'])
  })

  test('are not demanded by older models', () => {
    expect(signaturesIn(of(call('1'), 'gemini-2.5-pro').contents)).toEqual([undefined, undefined])
  })

  test('reasoning goes back only to the model that thought it', () => {
    const thought: Part = { type: 'reasoning', text: 'hm', signature: 'c2ln', origin }
    const messages = [message('user', text('go')), message('assistant', thought, text('ok'))]
    expect(sent({ messages }, origin.model).contents[1]?.parts).toEqual([
      { text: 'hm', thought: true, thoughtSignature: 'c2ln' },
      { text: 'ok' },
    ])
    const elsewhere = sent({ messages }, 'gemini-2.5-pro')
    expect(elsewhere.contents[1]?.parts).toEqual([{ text: 'ok' }])
    expect(elsewhere.dropped).toEqual(['messages[1].content[0]'])
  })
})

describe('media', () => {
  const media = (part: Partial<MediaPart>): Part => ({ ...IMAGE, ...part })
  test.each<[string, Part, JsonObject[]]>([
    ['base64', media({}), [INLINE]],
    [
      'a URL',
      { type: 'media', kind: 'image', source: { type: 'url', url: 'https://example.com/a.jpg?x=1' } },
      [{ fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a.jpg?x=1' } }],
    ],
    [
      'a text document',
      { type: 'media', kind: 'document', title: 'Notes', source: { type: 'text', text: 'abc' } },
      [{ text: 'Notes\n\nabc' }],
    ],
  ])('%s', (_, part, parts) => {
    expect(sent({ messages: [message('user', part)] }).contents[0]?.parts).toEqual(parts)
  })

  test("another provider's file is left out and listed", () => {
    const { dropped } = sent({
      messages: [message('user', text('x'), media({ source: { type: 'file', id: 'file_1' } }))],
    })
    expect(dropped).toEqual(['messages[0].content[1]'])
  })

  test('a model without eyes is told that there was an image', () => {
    const { contents, dropped } = sent({ messages: [message('user', IMAGE)] }, 'gemini-2.5-flash', { images: false })
    expect(contents[0]?.parts).toEqual([{ text: '[An image that this model cannot see]' }])
    expect(dropped).toEqual(['messages[0].content[0]'])
  })
})

function partsIn(contents: readonly JsonObject[], index: number): JsonObject[] {
  return (contents[index]?.parts ?? []) as JsonObject[]
}
