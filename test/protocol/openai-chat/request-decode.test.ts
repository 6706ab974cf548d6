import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { ModelError } from '../../../src/canonical/error.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import { fixtureJson, scenarios } from './fixture.ts'

const decode = (body: JsonObject) =>
  openaiChat.decodeRequest({ path: '/chat/completions', query: '', headers: {}, body })
const encode = (body: JsonObject) =>
  openaiChat.encodeRequest(decode(body), { provider: 'acme', model: String(body.model), traits: {} })

describe('a Chat client’s request comes out as it went in', () => {
  test.each(scenarios)('%s', (scenario) => {
    const body = fixtureJson(scenario, 'request.json')
    const { wire, dropped } = encode(body)
    expect(JSON.parse(JSON.stringify(wire.body))).toEqual(JSON.parse(JSON.stringify(body)))
    expect(dropped).toEqual([])
  })

  const user = { role: 'user', content: 'hi' }
  test.each<[name: string, more: JsonObject]>([
    ['empty tools', { tools: [] }],
    [
      'several instructions of several texts',
      {
        messages: [
          { role: 'system', content: 'a', name: 'rules' },
          {
            role: 'developer',
            content: [
              { type: 'text', text: 'b' },
              { type: 'text', text: 'c' },
            ],
          },
          user,
        ],
      },
    ],
    [
      'a result of several texts',
      {
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          {
            role: 'tool',
            tool_call_id: 'a',
            content: [
              { type: 'text', text: 'b' },
              { type: 'text', text: 'c' },
            ],
          },
        ],
      },
    ],
    ['defaults that are said', { stream: false, parallel_tool_calls: true, reasoning_effort: 'minimal' }],
    ['null fields', { stop: null, max_tokens: null, temperature: null, stream: null, user: null }],
    ['both limits', { max_tokens: 5, max_completion_tokens: 6 }],
    ['an unknown effort', { reasoning_effort: 'turbo' }],
    ['a format that is no schema', { response_format: { type: 'text' } }],
    [
      'allowed tools',
      {
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
      },
    ],
    ['unknown roles', { messages: [user, { role: 'latest_reminder', content: 'x' }, user] }],
    ['unknown blocks', { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'x' } }] }] }],
    [
      'a function message',
      {
        messages: [
          user,
          { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
          { role: 'function', name: 'f', content: '1' },
          user,
        ],
      },
    ],
    [
      'cache marks',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } },
              { type: 'text', text: 'y', cache_control: { type: 'ephemeral' } },
            ],
          },
        ],
      },
    ],
    [
      'cached tools',
      {
        tools: [
          {
            type: 'function',
            function: { name: 'f', parameters: { $schema: 's', type: 'object' } },
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
    ],
    ['audio by id', { messages: [user, { role: 'assistant', audio: { id: 'audio_1' } }, user] }],
    [
      'extra keys of a call',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: 'a.b',
                type: 'function',
                function: { name: 'f', arguments: '{}' },
                extra_content: { google: { thought_signature: 's' } },
              },
            ],
          },
          { role: 'tool', tool_call_id: 'a.b', name: 'f', content: '' },
        ],
      },
    ],
    [
      'an id used again in a later turn',
      {
        messages: ['1', '2'].flatMap((content) => [
          user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_0', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'call_0', content },
        ]),
      },
    ],
    [
      'a user message after tools',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'a', content: '1' },
          { role: 'user', content: 'go on', name: 'bo' },
        ],
      },
    ],
    ['a user id of any length', { user: 'u'.repeat(80) }],
  ])('%s', (_name, more) => {
    const body = { model: 'm', messages: [user], ...more }
    expect(JSON.parse(JSON.stringify(encode(body).wire.body))).toEqual(body)
  })
})

test('tool messages join the user message that follows them', () => {
  const { messages } = decode(fixtureJson('tools', 'request.json'))
  expect(messages.map(({ role, parts }) => [role, ...parts.map(({ type }) => type)])).toEqual([
    ['user', 'text'],
    ['assistant', 'text', 'tool-call', 'tool-call'],
    ['user', 'tool-result', 'tool-result', 'text'],
    ['assistant', 'tool-call'],
    ['user', 'tool-result'],
  ])
})

test('instructions before the conversation are the system, later ones are messages', () => {
  const { system, messages } = decode(fixtureJson('text', 'request.json'))
  expect(system.map(({ text }) => text)).toEqual(['Answer in one sentence.'])
  expect(messages.filter(({ role }) => role === 'system')).toHaveLength(1)
})

test('what another protocol can say is decoded, not kept as residue', () => {
  const { native, ...request } = decode(fixtureJson('tools', 'request.json'))
  expect(native?.rest).toEqual({})
  expect(request).toMatchObject({
    toolChoice: { type: 'tool', name: 'weather' },
    parallelToolCalls: false,
    reasoning: { effort: 'low' },
    maxOutputTokens: 4096,
    stopSequences: ['END', 'STOP'],
    outputFormat: { type: 'json-schema', name: 'report', strict: false },
  })
})

test('an edit wins over the residue, and what was deleted stays deleted', () => {
  const polite = {
    role: 'developer',
    content: [
      { type: 'text', text: 'Be polite.' },
      { type: 'text', text: 'Be brief.' },
    ],
  }
  const question = { role: 'user', content: 'Please.' }
  const request = decode({
    model: 'm',
    max_tokens: 5,
    messages: [{ role: 'system', content: 'Gone.', name: 'x' }, polite, { role: 'user', content: 'Gone.' }, question],
  })
  const edited = {
    ...request,
    system: request.system.slice(1),
    maxOutputTokens: 9,
    messages: request.messages.slice(-1),
  }
  const { body } = openaiChat.encodeRequest(edited, { provider: 'acme', model: 'm', traits: {} }).wire
  expect(body).toEqual({ model: 'm', max_tokens: 9, messages: [polite, question] })
})

test.each<[name: string, body: JsonObject, param: string]>([
  ['no model', { messages: [] }, 'model'],
  ['an empty model', { model: '', messages: [] }, 'model'],
  ['no messages', { model: 'm' }, 'messages'],
  ['messages that are no list', { model: 'm', messages: 'hi' }, 'messages'],
  ['a message that is no object', { model: 'm', messages: ['hi'] }, 'messages[0]'],
])('a request with %s is refused by the name of the field', (_name, body, param) => {
  const error = catching(() => decode(body))
  expect(error.kind).toBe('bad-request')
  expect(error.details.param).toBe(param)
})

test.each<[name: string, body: JsonObject]>([
  [
    'wrong types everywhere',
    {
      model: 'm',
      messages: [
        { role: 7, content: {} },
        { role: 'user', content: 3 },
        { role: 'assistant', content: false, tool_calls: [1] },
        { role: 'tool' },
        { role: 'system', content: 5 },
      ],
      tools: 'x',
      stop: 4,
      stream: 'yes',
      temperature: 'hot',
      tool_choice: [],
      response_format: 1,
      user: {},
    },
  ],
  [
    'calls without anything',
    { model: 'm', messages: [{ role: 'assistant', tool_calls: [{}, { function: 1 }, { custom: {} }] }] },
  ],
  [
    'blocks without anything',
    {
      model: 'm',
      messages: [
        {
          role: 'user',
          content: [
            {},
            null,
            1,
            [],
            { type: 'text' },
            { type: 'image_url' },
            { type: 'file' },
            { type: 'input_audio' },
          ],
        },
      ],
    },
  ],
  [
    'tools without anything',
    { model: 'm', messages: [], tools: [{}, { type: 'function' }, { type: 'function', function: {} }] },
  ],
])('%s are read and written without an exception', (_name, body) => {
  expect(encode(body).wire.body.model).toBe('m')
})

function catching(run: () => unknown): ModelError {
  try {
    run()
  } catch (error) {
    if (error instanceof ModelError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
