import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../../src/canonical/json.ts'
import type { Message, ModelRequest } from '../../../src/canonical/request.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import { codecOf } from '../../../src/protocol/index.ts'
import { openaiResponses } from '../../../src/protocol/openai-responses/index.ts'
import type { Encoded, Traits } from '../../../src/protocol/protocol.ts'

function encoded(request: Partial<ModelRequest>, traits: Traits = {}, model = 'gpt-5.2'): Encoded {
  const whole = { model, system: [], messages: [], tools: [], stream: false, ...request }
  return openaiResponses.encodeRequest(whole, { provider: 'acme', model, traits })
}

function decoded(body: JsonObject): ModelRequest {
  return openaiResponses.decodeRequest({ path: '/responses', query: '', headers: {}, body: { model: 'm', ...body } })
}

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] })
const paths = ({ dropped }: Encoded) => dropped.map(({ path }) => path)

const CLOSED = {
  type: 'object',
  properties: { list: { type: 'array', items: { type: 'object', additionalProperties: false } } },
  required: ['list'],
  additionalProperties: false,
}
const OPEN = { ...CLOSED, properties: { list: { type: 'array', items: { type: 'object' } } } }

describe('what another client says reaches the Responses API', () => {
  const call: Message = {
    role: 'assistant',
    parts: [{ type: 'tool-call', id: 'toolu_1', name: 'read', input: '{"a":1}' }],
  }
  const result = (content: Message['parts'], isError = false): Message => ({
    role: 'user',
    parts: [{ type: 'tool-result', id: 'toolu_1', content: content as never, ...(isError && { isError }) }],
  })
  const image = {
    type: 'media',
    kind: 'image',
    mediaType: 'image/png',
    source: { type: 'base64', data: 'AAAA' },
  } as const

  test.each<[name: string, request: Partial<ModelRequest>, body: object]>([
    [
      'instructions, without the billing line',
      {
        system: [
          { type: 'text', text: 'x-anthropic-billing-header: 1' },
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B' },
        ],
      },
      { instructions: 'A\n\nB' },
    ],
    [
      'later instructions are told by the developer',
      { messages: [user('Hi'), { role: 'system', parts: [{ type: 'text', text: 'C' }] }] },
      { input: [{ role: 'user' }, { role: 'developer', content: [{ type: 'input_text', text: 'C' }] }] },
    ],
    [
      'earlier answers and calls, each an item',
      {
        messages: [
          user('Hi'),
          { role: 'assistant', parts: [{ type: 'text', text: 'Ho' }, ...call.parts] },
          result([{ type: 'text', text: 'out' }]),
        ],
      },
      {
        input: [
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
          { type: 'message', role: 'assistant', content: 'Ho' },
          { type: 'function_call', call_id: 'toolu_1', name: 'read', arguments: '{"a":1}' },
          { type: 'function_call_output', call_id: 'toolu_1', output: 'out' },
        ],
      },
    ],
    [
      'an image in a result stays in the result',
      { messages: [call, result([{ type: 'text', text: 'see' }, image])] },
      {
        input: [
          { type: 'function_call' },
          {
            output: [
              { type: 'input_text', text: 'see' },
              { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
            ],
          },
        ],
      },
    ],
    [
      'a failed tool says so',
      { messages: [call, result([{ type: 'text', text: 'gone' }], true)] },
      { input: [{}, { output: 'Error: gone' }] },
    ],
    ['an empty result says so', { messages: [call, result([])] }, { input: [{}, { output: '(no output)' }] }],
    [
      'a call that was never answered is',
      { messages: [call, user('Go on')] },
      { input: [{}, { type: 'function_call_output', call_id: 'toolu_1' }, {}] },
    ],
    [
      'a result without its call is told by the user',
      { messages: [user('Hi'), result([{ type: 'text', text: 'out' }])] },
      { input: [{}, { role: 'user', content: [{ text: expect.stringContaining('toolu_1') }, { text: 'out' }] }] },
    ],
    [
      'tools are not strict unless the client says so',
      { tools: [{ type: 'function', name: 'f', schema: { $schema: 'x', type: 'object' } }] },
      { tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } }] },
    ],
    [
      'web search, with its domains',
      {
        tools: [
          {
            type: 'server',
            kind: 'web-search',
            name: 'web_search',
            native: {
              protocol: 'anthropic-messages',
              rest: { type: 'web_search_20250305', allowed_domains: ['a.example'] },
            },
          },
        ],
      },
      { tools: [{ type: 'web_search', filters: { allowed_domains: ['a.example'] } }] },
    ],
    [
      'a named tool must be called',
      {
        tools: [{ type: 'function', name: 'f', schema: {} }],
        toolChoice: { type: 'tool', name: 'f' },
        parallelToolCalls: false,
      },
      { tool_choice: { type: 'function', name: 'f' }, parallel_tool_calls: false },
    ],
    [
      'a schema for the answer, strict if it is made for that',
      { outputFormat: { type: 'json-schema', schema: CLOSED, strict: true } },
      { text: { format: { type: 'json_schema', name: 'output', schema: CLOSED, strict: true } } },
    ],
    [
      'a schema that strict mode would refuse',
      { outputFormat: { type: 'json-schema', schema: OPEN, strict: true } },
      { text: { format: { type: 'json_schema', name: 'output', schema: OPEN } } },
    ],
    [
      'a choice of the provider’s own search',
      {
        tools: [
          {
            type: 'server',
            kind: 'web-search',
            name: 'web_search',
            native: { protocol: 'anthropic-messages', rest: { type: 'web_search_20250305', name: 'web_search' } },
          },
        ],
        toolChoice: { type: 'tool', name: 'web_search' },
      },
      { tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } },
    ],
    ['an effort, with summaries', { reasoning: { effort: 'max' } }, { reasoning: { effort: 'high', summary: 'auto' } }],
    [
      'free-form tools of a Chat client, and their calls',
      {
        tools: [
          {
            type: 'function',
            name: 'patch',
            schema: {},
            native: {
              protocol: 'openai-chat',
              rest: {},
              form: {
                custom: { name: 'patch', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd' } } },
              },
            },
          },
        ],
        messages: [
          {
            role: 'assistant',
            parts: [
              { type: 'tool-call', id: 'c1', name: 'patch', input: '{"input":"a"}' },
              {
                type: 'tool-call',
                id: 'c2',
                name: 'patch',
                input: '{"input":"b"}',
                native: { protocol: 'openai-chat', rest: {}, form: 'custom' },
              },
            ],
          },
        ],
      },
      {
        tools: [{ type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'd' } }],
        input: [
          { type: 'custom_tool_call', call_id: 'c1', input: 'a' },
          { type: 'custom_tool_call', call_id: 'c2', input: 'b' },
          { type: 'custom_tool_call_output', call_id: 'c1' },
          { type: 'custom_tool_call_output', call_id: 'c2' },
        ],
      },
    ],
    ['a limit', { maxOutputTokens: 100 }, { max_output_tokens: 100 }],
    ['nothing is stored', {}, { store: false, include: ['reasoning.encrypted_content'] }],
  ])('%s', (_, request, body) => {
    const told = encoded(request).wire.body
    expect(told).toMatchObject(body)
  })

  test('the key of the prompt cache is the same for one user, and tells nothing of them', () => {
    const key = (userId: string) => encoded({ userId }).wire.body.prompt_cache_key
    const session = '{"device_id":"d","session_id":"s1"}'
    expect(key(session)).toBe(key(session))
    expect(key(session)).not.toBe(key('{"device_id":"d","session_id":"s2"}'))
    expect(String(key(session))).not.toContain('device')
  })

  test('a model that does not reason is not asked for reasoning', () => {
    const { body } = encoded({ reasoning: { effort: 'high' } }, {}, 'gpt-4.1').wire
    expect([body.reasoning, body.include]).toEqual([undefined, undefined])
  })

  test('names and ids that are refused are spelt anew, and known again', () => {
    const name = 'mcp.server/read'.repeat(10)
    const messages = [
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'a:b'.repeat(40), name, input: '{}' }] } as Message,
    ]
    const { wire, context } = encoded({ messages, tools: [{ type: 'function', name, schema: {} }] })
    const [item] = wire.body.input as JsonObject[]
    expect(item?.call_id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(context.toolNames?.get(String(item?.name))).toBe(name)
  })

  test('what cannot be said is listed', () => {
    const told = encoded({ topK: 5, stopSequences: ['x'], userId: 'x'.repeat(70), reasoning: { mode: 'off' } })
    expect(paths(told)).toEqual(['top_k', 'stop_sequences', 'metadata.user_id', 'thinking'])
  })
})

describe('reasoning goes back to who wrote it, and to nobody else', () => {
  const here = { provider: 'acme', model: 'gpt-5.2' }
  const there = { provider: 'other', model: 'm' }
  test.each<[name: string, part: Message['parts'][number], items: object[], lost: string[]]>([
    [
      'its own',
      { type: 'reasoning', text: 'Hm', signature: 'gAAA', origin: here },
      [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'gAAA' }],
      [],
    ],
    [
      'its own without words',
      { type: 'reasoning', text: '', encrypted: 'gAAA', origin: here },
      [{ type: 'reasoning', summary: [], encrypted_content: 'gAAA' }],
      [],
    ],
    ['another’s', { type: 'reasoning', text: 'Hm', signature: 'c2ln', origin: there }, [], ['messages[0].content[0]']],
    ['nobody’s', { type: 'reasoning', text: 'Hm' }, [], ['messages[0].content[0]']],
  ])('%s', (_, part, items, lost) => {
    const told = encoded({ messages: [{ role: 'assistant', parts: [part] }, user('Go on')] })
    expect((told.wire.body.input as object[]).slice(0, -1)).toMatchObject(items)
    expect(paths(told)).toEqual(lost)
  })
})

describe('what a Responses client has and others do not', () => {
  const tools = [
    {
      type: 'custom',
      name: 'apply_patch',
      description: 'Edits.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
    },
    {
      type: 'namespace',
      name: 'agents',
      description: 'Sub-agents.',
      tools: [{ type: 'function', name: 'spawn', parameters: {}, strict: false }],
    },
  ]
  const input = [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    { type: 'custom_tool_call', call_id: 'c1', name: 'apply_patch', input: '*** Begin' },
    { type: 'custom_tool_call_output', call_id: 'c1', output: 'Done.' },
    { type: 'function_call', call_id: 'c2', namespace: 'agents', name: 'spawn', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c2', output: 'ok' },
  ]

  test.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
    'free-form tools and namespaces for %s',
    (protocol) => {
      const { wire } = codecOf(protocol).encodeRequest(decoded({ input, tools }), {
        provider: 'acme',
        model: 'm',
        traits: {},
      })
      const said = JSON.stringify(wire.body)
      for (const word of ['apply_patch', 'agents__spawn', 'start: \\\\\\"x\\\\\\"', '*** Begin', 'Done.'])
        expect(said).toContain(word.replaceAll('\\\\\\', '\\'))
      expect(said).not.toContain('custom_tool_call')
    },
  )

  test('an edited request goes back to a Responses provider as it was told', () => {
    const { wire, dropped } = encoded(decoded({ input, tools, tool_choice: { type: 'custom', name: 'apply_patch' } }))
    expect(wire.body).toMatchObject({ input, tools, tool_choice: { type: 'custom', name: 'apply_patch' } })
    expect(dropped).toEqual([])
  })

  test.each<[name: string, body: JsonObject, word: string]>([
    ['previous_response_id', { input: 'Hi', previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation', { input: 'Hi', conversation: 'conv_1' }, 'conversation'],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['a reference to an item', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'item_reference'],
    ['another’s compaction', { input: [{ type: 'compaction', encrypted_content: 'gAAA' }] }, 'compaction'],
  ])('%s cannot be translated, and the error says so', (_, body, word) => {
    expect(openaiResponses.untranslatable?.(decoded(body))).toMatchObject({
      kind: 'bad-request',
      message: expect.stringContaining(word),
    })
  })

  test('a whole conversation can be translated', () => {
    expect(openaiResponses.untranslatable?.(decoded({ input, tools, previous_response_id: null }))).toBeUndefined()
  })

  test('a wish to compact is asked for in words, without tools', () => {
    const request = decoded({ input: [...input, { type: 'compaction_trigger' }], tools, tool_choice: 'auto' })
    expect(request.toolChoice).toEqual({ type: 'none' })
    const { wire } = anthropicMessages.encodeRequest(request, { provider: 'acme', model: 'm', traits: {} })
    expect(JSON.stringify(wire.body)).toContain('replaced by a summary')
    const own = encoded(request).wire.body
    expect(own).toMatchObject({ tool_choice: 'auto' })
    expect((own.input as JsonObject[]).at(-1)).toEqual({ type: 'compaction_trigger' })
  })

  test.each<[name: string, body: JsonObject, param: string]>([
    ['no model', { model: '' }, 'model'],
    ['an input that is neither text nor list', { input: 7 }, 'input'],
    ['an item that is no object', { input: ['Hi'] }, 'input[0]'],
  ])('%s is refused', (_, body, param) => {
    expect(() => decoded(body)).toThrow(
      expect.objectContaining({ kind: 'bad-request', details: expect.objectContaining({ param }) }),
    )
  })

  test('items of one turn come together in one message', () => {
    const { messages } = decoded({
      input: [{ type: 'reasoning', summary: [] }, { role: 'assistant', content: 'a' }, ...input.slice(1)],
    })
    expect(messages.map(({ role, parts }) => [role, ...parts.map(({ type }) => type)])).toEqual([
      ['assistant', 'reasoning', 'text', 'tool-call'],
      ['user', 'tool-result'],
      ['assistant', 'tool-call'],
      ['user', 'tool-result'],
    ])
    expect(messages.every((message) => isObject(message))).toBe(true)
  })
})
