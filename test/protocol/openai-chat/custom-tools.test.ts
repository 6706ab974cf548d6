import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../../src/canonical/json.ts'
import { eventsOf } from '../../../src/canonical/reply.ts'
import { codecOf } from '../../../src/protocol/index.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'

const PATCH = '*** Begin Patch\n+"x"\n*** End Patch'
const TOOL = {
  type: 'custom',
  custom: {
    name: 'patch',
    description: 'Edits.',
    format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: x' } },
  },
}
const BODY: JsonObject = {
  model: 'm',
  messages: [
    { role: 'user', content: 'Patch it.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'patch', input: PATCH } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'Done.' },
  ],
  tools: [TOOL, { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
  tool_choice: { type: 'custom', custom: { name: 'patch' } },
}
const request = openaiChat.decodeRequest({ path: '', query: '', headers: {}, body: BODY })
const sentTo = (protocol: Parameters<typeof codecOf>[0]) =>
  codecOf(protocol).encodeRequest(request, { provider: 'p', model: 'm', traits: {} })

describe('a free-form tool of a Chat client', () => {
  test('goes to a provider of its own protocol as it came', () => {
    expect(sentTo('openai-chat').wire.body).toEqual(BODY)
  })

  test.each(['anthropic-messages', 'gemini', 'openai-responses'] as const)(
    'is told to a provider of %s with its grammar, its calls and its choice, and nothing is lost',
    (protocol) => {
      const { wire, dropped } = sentTo(protocol)
      const text = JSON.stringify(wire.body)
      for (const said of ['"patch"', 'Edits.', 'start: x', JSON.stringify(PATCH)]) expect(text).toContain(said)
      expect(dropped).toEqual([])
    },
  )

  test.each([
    ['openai-chat', { id: 'c2', type: 'custom', custom: { name: 'patch', input: PATCH } }],
    ['anthropic-messages', { type: 'tool_use', id: 'c2', name: 'patch', input: { input: PATCH } }],
    ['openai-responses', { type: 'custom_tool_call', id: 'i', call_id: 'c2', name: 'patch', input: PATCH }],
  ] as const)(
    'is called by a provider of %s in its own form, and as a function in chunks, where clients know no other',
    (protocol, call) => {
      const { context } = sentTo(protocol)
      const reply = codecOf(protocol).decodeReply(ANSWERS[protocol](call), { ...context, id: (prefix) => prefix })
      const asked = {
        id: (prefix: string) => prefix,
        created: 1,
        model: 'm',
        ...(request.native && { requestNative: request.native }),
      }
      const wanted = { id: 'c2', type: 'custom', custom: { name: 'patch', input: PATCH } }
      const whole = openaiChat.encodeReply(reply, asked)
      expect(whole.choices).toMatchObject([{ finish_reason: 'tool_calls', message: { tool_calls: [wanted] } }])
      const encoder = openaiChat.encodeStream(asked)
      const chunks = eventsOf(reply).flatMap((event) => encoder.push(event))
      const deltas = chunks.filter(({ data }) => data !== '[DONE]').map(({ data }) => deltaOf(JSON.parse(data)))
      const calls = deltas.flatMap((delta) => (Array.isArray(delta.tool_calls) ? delta.tool_calls : []))
      const isRaw = protocol === 'openai-chat'
      expect(calls[0]).toMatchObject({ index: 0, id: 'c2', type: isRaw ? 'custom' : 'function' })
      const input = calls.map((told) => told.custom?.input ?? told.function.arguments).join('')
      expect(isRaw ? input : JSON.parse(input)).toEqual(isRaw ? PATCH : { input: PATCH })
    },
  )
})

const ANSWERS: Readonly<
  Record<'openai-chat' | 'anthropic-messages' | 'openai-responses', (call: JsonObject) => JsonObject>
> = {
  'openai-chat': (call: JsonObject) => ({
    id: 'x',
    object: 'chat.completion',
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' },
    ],
  }),
  'anthropic-messages': (call: JsonObject) => ({
    id: 'x',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [call],
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
  'openai-responses': (call: JsonObject) => ({
    id: 'x',
    object: 'response',
    status: 'completed',
    model: 'm',
    output: [call],
  }),
}

// oxlint-disable-next-line typescript/no-explicit-any -- the test reads what a client would
function deltaOf(chunk: any): any {
  return isObject(chunk.choices?.[0]) ? chunk.choices[0].delta : {}
}
