import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Native } from '../../../src/canonical/native.ts'
import type {
  FunctionTool,
  Message,
  ModelRequest,
  Part,
  ReasoningOption,
  ToolResultPart,
} from '../../../src/canonical/request.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import type { Traits } from '../../../src/protocol/protocol.ts'

function encode(request: Partial<ModelRequest>, traits: Traits = {}, model = 'm') {
  const whole: ModelRequest = { model, system: [], messages: [], tools: [], stream: false, ...request }
  const { wire, dropped, context } = openaiChat.encodeRequest(whole, { provider: 'acme', model, traits })
  return { body: JSON.parse(JSON.stringify(wire.body)), dropped: dropped.map(({ path }) => path), context, wire }
}

const messagesOf = (messages: Message[], traits?: Traits, model?: string) =>
  encode({ messages }, traits, model).body.messages
const user = (...parts: Part[]): Message => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts })
const text = (words: string): Part & { type: 'text' } => ({ type: 'text', text: words })
const call = (id: string, input = '{}', name = 'f'): Part => ({ type: 'tool-call', id, name, input })
const result = (id: string, content: ToolResultPart['content'] | string, isError?: boolean): ToolResultPart => ({
  type: 'tool-result',
  id,
  content: typeof content === 'string' ? [text(content)] : content,
  ...(isError && { isError }),
})
const png: Part & { type: 'media' } = {
  type: 'media',
  kind: 'image',
  mediaType: 'image/png',
  source: { type: 'base64', data: 'AAAA' },
}
const pdf: Part & { type: 'media' } = {
  type: 'media',
  kind: 'document',
  mediaType: 'application/pdf',
  source: { type: 'base64', data: 'JVBE' },
}
const wireCall = (id: string, args = '{}', name = 'f') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const tool = (name: string, more: Partial<FunctionTool> = {}): FunctionTool => ({
  type: 'function',
  name,
  schema: { type: 'object', properties: { a: { type: 'string' } } },
  ...more,
})

describe('instructions', () => {
  test('the system is one message of plain text', () => {
    expect(encode({ system: [text('a'), text(''), text('b')] }).body.messages).toEqual([
      { role: 'system', content: 'a\n\nb' },
    ])
  })

  test('later ones stay where they are', () => {
    expect(messagesOf([user(text('a')), { role: 'system', parts: [text('b')] }, user(text('c'))])).toEqual([
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b' },
      { role: 'user', content: 'c' },
    ])
  })

  test('later ones join the user’s words where a template refuses them', () => {
    const messages: Message[] = [user(text('a')), { role: 'system', parts: [text('b')] }, assistant(text('c'))]
    expect(messagesOf(messages, { systemMessages: false })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: '<system-reminder>\nb\n</system-reminder>' },
        ],
      },
      { role: 'assistant', content: 'c' },
    ])
  })

  test('cache marks are kept where they are understood, else listed', () => {
    const system = [{ ...text('a'), cache: { ttl: '1h' as const } }]
    const block = { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }
    expect(encode({ system }, { cacheControl: true }).body.messages).toEqual([{ role: 'system', content: [block] }])
    expect(encode({ system })).toMatchObject({
      body: { messages: [{ content: 'a' }] },
      dropped: ['system[0].cache_control'],
    })
  })

  test('the billing line is not sent, so that equal prompts begin equally (#12)', () => {
    const bodies = ['cch=1', 'cch=2'].map((mark) =>
      encode({ system: [text(`x-anthropic-billing-header: ${mark}`), text('a')] }),
    )
    expect(bodies[0]?.body).toEqual(bodies[1]?.body)
    expect(bodies[0]?.dropped).toEqual(['system[0]'])
  })
})

describe('user messages', () => {
  test.each<[name: string, part: Part, block: object]>([
    ['an image', png, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
    [
      'an image by URL',
      { type: 'media', kind: 'image', source: { type: 'url', url: 'https://a/b' } },
      { type: 'image_url', image_url: { url: 'https://a/b' } },
    ],
    [
      'a PDF',
      { ...pdf, title: 'x.pdf' },
      { type: 'file', file: { filename: 'x.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
    ],
    [
      'a text document',
      { type: 'media', kind: 'document', source: { type: 'text', text: 'words' }, title: 'T' },
      { type: 'text', text: 'T\n\nwords' },
    ],
    [
      'audio',
      { type: 'media', kind: 'audio', mediaType: 'audio/mpeg', source: { type: 'base64', data: 'SUQz' } },
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
    ],
  ])('%s is sent', (_name, part, block) => {
    expect(messagesOf([user(text('see'), part)])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'see' }, block] },
    ])
  })

  test.each<[name: string, part: Part, traits: Traits]>([
    ['an image for a model that cannot see', png, { images: false }],
    ['a file that was uploaded elsewhere', { type: 'media', kind: 'document', source: { type: 'file', id: 'f1' } }, {}],
    ['a PDF by URL', { type: 'media', kind: 'document', source: { type: 'url', url: 'https://a/b' } }, {}],
    ['video', { type: 'media', kind: 'video', source: { type: 'base64', data: 'AA' } }, {}],
  ])('%s is said to be left out, and listed', (_name, part, traits) => {
    const { body, dropped } = encode({ messages: [user(part)] }, traits)
    expect(body.messages[0].content).toContain('left out')
    expect(dropped).toEqual(['messages[0].content[0]'])
  })

  test.each<[name: string, parts: Part[], content: unknown]>([
    ['one text is a string', [text('a')], 'a'],
    [
      'several texts stay apart',
      [text('a'), text('b')],
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    ],
    ['empty texts are never sent (#36)', [text(''), text('a'), text(' \n')], 'a'],
    ['a message of nothing gets a placeholder (#36)', [text('')], '(empty message)'],
  ])('%s', (_name, parts, content) => {
    expect(messagesOf([user(...parts)])).toEqual([{ role: 'user', content }])
  })

  test('a block that nobody knows is listed by its place (#78)', () => {
    const block: Part = { type: 'native', native: { protocol: 'anthropic-messages', rest: { type: 'hologram', x: 1 } } }
    expect(encode({ messages: [user(text('a'), block)] })).toMatchObject({
      body: { messages: [{ content: 'a' }] },
      dropped: ['messages[0].content[1]'],
    })
  })
})

describe('tool calls and results', () => {
  test('results follow their calls, before the rest of the user message', () => {
    expect(
      messagesOf([assistant(text('x'), call('a'), call('b')), user(text('first'), result('b', '2'), result('a', '1'))]),
    ).toEqual([
      { role: 'assistant', content: 'x', tool_calls: [wireCall('a'), wireCall('b')] },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'user', content: 'first' },
    ])
  })

  test('an instruction between call and result does not part them', () => {
    const roles = messagesOf([assistant(call('a')), { role: 'system', parts: [text('s')] }, user(result('a', '1'))])
    expect(roles.map(({ role }: JsonObject) => role)).toEqual(['assistant', 'tool', 'system'])
  })

  test('content is null beside calls, and texts are joined without invention', () => {
    const [first, , second] = messagesOf([
      assistant(call('a')),
      user(result('a', '1')),
      assistant(text('a'), text('b')),
    ])
    expect(first.content).toBeNull()
    expect(second).toEqual({ role: 'assistant', content: 'ab' })
  })

  test.each<[said: string, isError: boolean, content: string]>([
    ['boom', true, 'Error: boom'],
    ['Error: boom', true, 'Error: boom'],
    ['<tool_use_error>boom</tool_use_error>', true, '<tool_use_error>boom</tool_use_error>'],
    ['', true, 'Error: the tool failed and said nothing'],
    ['', false, '(no output)'],
    ['fine', false, 'fine'],
  ])('result %p with error %p reads %p', (said, isError, content) => {
    expect(messagesOf([assistant(call('a')), user(result('a', said, isError))])[1].content).toBe(content)
  })

  test.each([png, pdf])('media in a result are shown once, after the last result (#30) %#', (media) => {
    const messages = messagesOf([
      assistant(call('a'), call('b')),
      user(result('a', [text('see'), media]), result('b', '2'), text('go')),
    ])
    expect(messages.map(({ role }: JsonObject) => role)).toEqual(['assistant', 'tool', 'tool', 'user'])
    expect(messages[1].content).toBe(`see\n[${media.kind}: shown in the next user message]`)
    const data = media.source.type === 'base64' ? media.source.data : ''
    expect(JSON.stringify(messages).split(`base64,${data}"`)).toHaveLength(2)
    expect(messages[3].content[0].text).toContain('a')
  })

  test('an image in a result for a model that cannot see is said to be left out', () => {
    const messages = messagesOf([assistant(call('a')), user(result('a', [png]))], { images: false })
    expect(messages).toHaveLength(2)
    expect(messages[1].content).toContain('left out')
  })

  test('a reference to a tool is said in words', () => {
    const reference: Part = {
      type: 'native',
      native: { protocol: 'anthropic-messages', rest: { type: 'tool_reference', tool_name: 'WebSearch' } },
    }
    const { body, dropped } = encode({ messages: [assistant(call('a')), user(result('a', [reference]))] })
    expect(body.messages[1].content).toBe('Tool WebSearch is available now.')
    expect(dropped).toEqual([])
  })

  test.each<[name: string, messages: Message[], roles: string[]]>([
    ['a call without a result', [assistant(call('a')), user(text('x'))], ['assistant', 'tool', 'user']],
    [
      'the last call without a result',
      [user(text('x')), assistant(call('a'), call('b')), user(result('a', '1'))],
      ['user', 'assistant', 'tool', 'tool'],
    ],
    ['a result without a call', [user(result('a', '1'))], ['user']],
    [
      'two results of one call',
      [assistant(call('a')), user(result('a', '1'), result('a', '2'))],
      ['assistant', 'tool', 'user'],
    ],
    [
      'a result that comes too late',
      [assistant(call('a')), user(text('x')), assistant(text('y')), user(result('a', '1'))],
      ['assistant', 'tool', 'user', 'assistant'],
    ],
    ['a result before its call', [user(result('a', '1')), assistant(call('a'))], ['user', 'assistant', 'tool']],
  ])('%s is repaired (#77)', (_name, messages, roles) => {
    const out = messagesOf(messages)
    expect(out.map(({ role }: JsonObject) => role)).toEqual(roles)
    expect(pairingFaults(out)).toEqual([])
    for (const value of ['1', '2'])
      if (JSON.stringify(messages).includes(`"${value}"`)) expect(JSON.stringify(out)).toContain(value)
  })

  test('any history passes a strict check of pairs, and says every result once (#77)', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'odd id')
    const parts = fc.oneof(
      id.map((one) => call(one)),
      fc.constant(text('said')),
    )
    const results = fc.oneof(
      fc.tuple(id, fc.nat()).map(([one, mark]) => result(one, `result-${mark}-`)),
      fc.constant(text('asked')),
    )
    const message = fc.oneof(
      fc.array(parts, { minLength: 1, maxLength: 4 }).map((list) => assistant(...list)),
      fc.array(results, { minLength: 1, maxLength: 4 }).map((list) => user(...list)),
      fc.constant<Message>({ role: 'system', parts: [text('note')] }),
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
        const out = messagesOf(messages)
        expect(pairingFaults(out)).toEqual([])
        const marks = (value: unknown) => (JSON.stringify(value).match(/result-\d+-/g) ?? []).toSorted()
        expect(marks(out)).toEqual(marks(messages))
      }),
    )
  })

  test.each<[input: string, args: unknown]>([
    ['', {}],
    ['  ', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { __unparsedToolInput: { raw: '{"a":' } }],
    ['"x"', { __unparsedToolInput: { raw: '"x"' } }],
    ['{}{"a":1}', { __unparsedToolInput: { raw: '{}{"a":1}' } }],
  ])('arguments %p are sent as a JSON object (#35)', (input, args) => {
    const sent = messagesOf([assistant(call('a', input)), user(result('a', '1'))])[0].tool_calls[0].function.arguments
    expect(JSON.parse(sent)).toEqual(args)
  })

  test('arguments that are valid are sent as they are written', () => {
    const input = '{ "id": 12345678901234567890, "x": 1.0 }'
    expect(messagesOf([assistant(call('a', input)), user(result('a', '1'))])[0].tool_calls[0].function.arguments).toBe(
      input,
    )
  })

  test('odd and long ids are mapped, the same way for call and result (#47)', () => {
    const ids = ['functions.read:0', 'x'.repeat(90), 'a b']
    const out = messagesOf([assistant(...ids.map((id) => call(id))), user(...ids.map((id) => result(id, '1')))])
    const sent: string[] = out[0].tool_calls.map(({ id }: { id: string }) => id)
    expect(new Set(sent).size).toBe(3)
    for (const id of sent) expect(id).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
    expect(out.slice(1).map((message: JsonObject) => message.tool_call_id)).toEqual(sent)
  })

  test('Kimi gets its own ids back', () => {
    const out = messagesOf(
      [assistant(call('functions.f:0')), user(result('functions.f:0', '1'))],
      {},
      'moonshotai/kimi-k2',
    )
    expect(out[1].tool_call_id).toBe('functions.f:0')
  })

  test('one id for two calls of a message becomes two', () => {
    const out = messagesOf([assistant(call('a'), call('a')), user(result('a', '1'), result('a', '2'))])
    expect(pairingFaults(out)).toEqual([])
    expect(out.slice(1).map((message: JsonObject) => message.content)).toEqual(['1', '2'])
  })
})

describe('earlier reasoning (#2)', () => {
  const thought = (more: object = {}): Part => ({ type: 'reasoning', text: 'hm', ...more })
  const own = { origin: { provider: 'acme', model: 'm' } }
  test.each<[name: string, part: Part, traits: Traits, fields: JsonObject, dropped: string[]]>([
    ['of an unknown origin is left out', thought(), {}, {}, ['messages[0].content[0]']],
    [
      'of another provider is left out',
      thought({ origin: { provider: 'other', model: 'm' } }),
      {},
      {},
      ['messages[0].content[0]'],
    ],
    ['of the provider itself goes back', thought(own), {}, { reasoning_content: 'hm' }, []],
    [
      'goes back in the field it came in',
      thought({ ...own, signature: 'field:reasoning' }),
      {},
      { reasoning: 'hm' },
      [],
    ],
    ['goes where the traits say', thought(), { reasoningReplay: 'reasoning' }, { reasoning: 'hm' }, []],
    ['is left out where it is refused', thought(own), { reasoningReplay: 'none' }, {}, ['messages[0].content[0]']],
    [
      'that is encrypted is never sent',
      { type: 'reasoning', text: '', encrypted: 'zzz' },
      { reasoningReplay: 'reasoning_content' },
      { reasoning_content: ' ' },
      ['messages[0].content[0]'],
    ],
    [
      'that is signed goes without its signature',
      thought({ signature: 'zzz' }),
      { reasoningReplay: 'reasoning_content' },
      { reasoning_content: 'hm' },
      ['messages[0].content[0].signature'],
    ],
  ])('%s', (_name, part, traits, fields, dropped) => {
    const { body, dropped: lost } = encode({ messages: [assistant(part, text('a'))] }, traits)
    expect(body.messages[0]).toEqual({ role: 'assistant', content: 'a', ...fields })
    expect(lost).toEqual(dropped)
    expect(JSON.stringify(body)).not.toContain('zzz')
  })
})

describe('tools', () => {
  test('a schema is passed on without its dialect', () => {
    const schema = { $schema: 'x', type: 'object', properties: { const: { const: 1 } }, additionalProperties: false }
    const { $schema: _dialect, ...expected } = schema
    expect(encode({ tools: [tool('f', { schema, description: 'd' })] }).body.tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'd', parameters: expected } },
    ])
  })

  test('an object schema always says its properties', () => {
    expect(encode({ tools: [tool('f', { schema: { type: 'object' } })] }).body.tools[0].function.parameters).toEqual({
      type: 'object',
      properties: {},
    })
  })

  test('deferred tools are sent, their placeholder is not', () => {
    const placeholder = tool('DeferredToolPlaceholder', { deferred: true, schema: { type: 'object', properties: {} } })
    const { body, dropped } = encode({ tools: [tool('f', { deferred: true }), placeholder] })
    expect(body.tools.map(({ function: { name } }: { function: { name: string } }) => name)).toEqual(['f'])
    expect(dropped).toEqual(['tools[0].defer_loading', 'tools[1]'])
  })

  test('a loaded tool without parameters is no placeholder', () => {
    const empty = tool('Now', { deferred: true, schema: { type: 'object', properties: {} } })
    const reference: Part = {
      type: 'native',
      native: { protocol: 'anthropic-messages', rest: { type: 'tool_reference', tool_name: 'Now' } },
    }
    expect(
      encode({ tools: [empty], messages: [assistant(call('a')), user(result('a', [reference]))] }).body.tools,
    ).toHaveLength(1)
  })

  const server = {
    type: 'server',
    kind: 'web-search',
    name: 'web_search',
    native: { protocol: 'anthropic-messages', rest: {} },
  } as const

  test('a tool that the other provider runs is listed where there are others', () => {
    const { body, dropped } = encode({ tools: [server, tool('f')] })
    expect(body.tools).toHaveLength(1)
    expect(dropped).toEqual(['tools[0]'])
  })

  test('a request for nothing but such a tool is an error that says what to set', () => {
    expect(() => encode({ tools: [server] })).toThrow(/has no web_search of its own: set Router\.webSearch/)
  })

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'required' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ] as const)('choice %j is %j', (toolChoice, choice) => {
    expect(encode({ tools: [tool('f')], toolChoice }).body.tool_choice).toEqual(choice)
  })

  test('at most one call a turn', () => {
    expect(encode({ tools: [tool('f')], parallelToolCalls: false }).body.parallel_tool_calls).toBe(false)
    expect(encode({ tools: [tool('f')], parallelToolCalls: true }).body).not.toHaveProperty('parallel_tool_calls')
  })

  test('names that a provider would refuse are mapped and found again (#47)', () => {
    const long = 'mcp__server__'.padEnd(200, 'x')
    const names = ['Bash', 'a.b', 'a/b', 'a b', long, `${long}y`, 'a_b']
    const { body, context } = encode({
      tools: names.map((name) => tool(name)),
      toolChoice: { type: 'tool', name: 'a.b' },
      messages: [assistant(call('c', '{}', 'a/b')), user(result('c', '1'))],
    })
    const sent: string[] = body.tools.map((one: { function: { name: string } }) => one.function.name)
    expect(new Set(sent).size).toBe(names.length)
    for (const name of sent) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(sent.map((name) => context.toolNames?.get(name) ?? name)).toEqual(names)
    expect(body.tool_choice.function.name).toBe(sent[1])
    expect(body.messages[0].tool_calls[0].function.name).toBe(sent[2])
  })
})

describe('limits and sampling', () => {
  test.each<[model: string, traits: Traits, field: string]>([
    ['gpt-4o', {}, 'max_tokens'],
    ['deepseek-chat', {}, 'max_tokens'],
    ['o1', {}, 'max_completion_tokens'],
    ['o3-mini', {}, 'max_completion_tokens'],
    ['openai/o4-mini', {}, 'max_completion_tokens'],
    ['gpt-5', {}, 'max_completion_tokens'],
    ['gpt-5.2-codex', {}, 'max_completion_tokens'],
    ['openai/gpt-6', {}, 'max_completion_tokens'],
    ['gpt-10-mini', {}, 'max_completion_tokens'],
    ['gpt-oss-120b', {}, 'max_tokens'],
    ['olmo-2', {}, 'max_tokens'],
    ['gpt-5', { maxTokensField: 'max_tokens' }, 'max_tokens'],
    ['x', { maxTokensField: 'max_completion_tokens' }, 'max_completion_tokens'],
  ])('the output limit of %s with %j is %s (#31)', (model, traits, field) => {
    const { body } = encode({ maxOutputTokens: 100 }, traits, model)
    expect(body[field]).toBe(100)
    expect(Object.keys(body).filter((key) => key.startsWith('max_'))).toEqual([field])
  })

  test('a limit above the model’s own is lowered and listed', () => {
    const { body, dropped } = encode({ maxOutputTokens: 128000 }, { maxOutputTokens: 8192 })
    expect(body.max_tokens).toBe(8192)
    expect(dropped).toEqual(['max_tokens'])
  })

  test('sampling', () => {
    const { body, dropped } = encode({
      temperature: 0,
      topP: 0.5,
      topK: 5,
      stopSequences: ['1', '2', '3', '4', '5'],
      userId: 'u1',
    })
    expect(body).toMatchObject({ temperature: 0, top_p: 0.5, stop: ['1', '2', '3', '4'], user: 'u1' })
    expect(dropped).toEqual(['top_k', 'stop_sequences[4]'])
  })

  test('a user id that says too much is not passed on', () => {
    const { body, dropped } = encode({ userId: JSON.stringify({ device_id: 'd'.repeat(64) }) })
    expect(body).not.toHaveProperty('user')
    expect(dropped).toEqual(['metadata.user_id'])
  })

  test('usage is asked for in streams', () => {
    expect(encode({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(encode({ stream: false }).body).not.toHaveProperty('stream_options')
  })

  test('structured output (#50)', () => {
    const schema = { type: 'object', properties: {} }
    expect(encode({ outputFormat: { type: 'json-schema', schema } }).body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'output', schema },
    })
    expect(encode({ outputFormat: { type: 'json' } }).body.response_format).toEqual({ type: 'json_object' })
  })

  test('fields that a provider refuses are left out and listed (#13)', () => {
    const { body, dropped } = encode(
      { temperature: 1, stream: true },
      { refusedFields: ['stream_options', 'temperature', 'absent'] },
    )
    expect(body).toEqual({ model: 'm', messages: [], stream: true })
    expect(dropped).toEqual(['stream_options', 'temperature'])
  })

  test('another protocol’s residue is never sent, and listed by its path (#13, #78)', () => {
    const native = {
      protocol: 'anthropic-messages',
      rest: { context_management: { edits: [] }, beta_thing: 1 },
    } satisfies Native
    const part: Part = { ...text('a'), native: { protocol: 'anthropic-messages', rest: { citations: [] } } }
    const { body, dropped } = encode({ native, messages: [user(part)] })
    expect(body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'a' }] })
    expect(dropped).toEqual(['context_management', 'beta_thing', 'messages[0].content[0].citations'])
  })
})

describe('reasoning (#32)', () => {
  const wide = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']
  test.each<[reasoning: ReasoningOption, traits: Traits, fields: JsonObject]>([
    [{ effort: 'medium' }, {}, { reasoning_effort: 'medium' }],
    [{ mode: 'adaptive', effort: 'max' }, {}, { reasoning_effort: 'high' }],
    [{ effort: 'xhigh' }, { efforts: wide }, { reasoning_effort: 'xhigh' }],
    [{ effort: 'max' }, { efforts: wide }, { reasoning_effort: 'xhigh' }],
    [{ effort: 'minimal' }, {}, { reasoning_effort: 'low' }],
    [{ mode: 'adaptive' }, {}, {}],
    [{ mode: 'on', budget: 1024 }, {}, { reasoning_effort: 'low' }],
    [{ mode: 'on', budget: 8192 }, {}, { reasoning_effort: 'medium' }],
    [{ mode: 'on', budget: 32000 }, {}, { reasoning_effort: 'high' }],
    [{ mode: 'off' }, {}, {}],
    [{ mode: 'off', effort: 'high' }, {}, {}],
    [{ mode: 'off' }, { efforts: wide }, { reasoning_effort: 'none' }],
    [{ effort: 'high' }, { reasoningRequest: 'none' }, {}],
    [{ effort: 'high' }, { reasoningRequest: 'openrouter' }, { reasoning: { effort: 'high' } }],
    [{ effort: 'max' }, { reasoningRequest: 'openrouter' }, { reasoning: { effort: 'xhigh' } }],
    [{ mode: 'on', budget: 2000 }, { reasoningRequest: 'openrouter' }, { reasoning: { max_tokens: 2000 } }],
    [{ mode: 'on', budget: 50 }, { reasoningRequest: 'openrouter' }, { reasoning: { max_tokens: 1024 } }],
    [{ mode: 'on', budget: 9000 }, { reasoningRequest: 'openrouter' }, { reasoning: { max_tokens: 3999 } }],
    [{ mode: 'on', budget: 2000, effort: 'low' }, { reasoningRequest: 'openrouter' }, { reasoning: { effort: 'low' } }],
    [{ mode: 'off' }, { reasoningRequest: 'openrouter' }, { reasoning: { enabled: false } }],
    [{ mode: 'on' }, { reasoningRequest: 'thinking' }, { thinking: { type: 'enabled' } }],
    [{ mode: 'off' }, { reasoningRequest: 'thinking' }, { thinking: { type: 'disabled' } }],
    [
      { mode: 'adaptive', effort: 'max' },
      { reasoningRequest: 'thinking', efforts: ['high', 'max'] },
      { thinking: { type: 'enabled' }, reasoning_effort: 'max' },
    ],
    [
      { mode: 'on', budget: 2000 },
      { reasoningRequest: 'enable-thinking' },
      { enable_thinking: true, thinking_budget: 2000 },
    ],
    [{ mode: 'off' }, { reasoningRequest: 'enable-thinking' }, { enable_thinking: false }],
    [{ mode: 'adaptive' }, { reasoningRequest: 'enable-thinking' }, {}],
  ])('%j with %j is %j', (reasoning, traits, fields) => {
    const { body } = encode({ reasoning, maxOutputTokens: 4000 }, traits)
    expect(body).toEqual({ model: 'm', messages: [], max_tokens: 4000, ...fields })
  })

  test.each(['gpt-4o', 'gpt-4.1-mini', 'openai/gpt-3.5-turbo'])('%s is not asked to reason', (model) => {
    const { body, dropped } = encode({ reasoning: { effort: 'high' } }, {}, model)
    expect(body).not.toHaveProperty('reasoning_effort')
    expect(dropped).toEqual(['thinking'])
  })
})

/** What OpenAI would refuse: calls without their results right behind them, results without their call, double ids. */
function pairingFaults(messages: readonly JsonObject[]): string[] {
  const faults: string[] = []
  let open = new Set<unknown>()
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) faults.push(`result of ${String(message.tool_call_id)} without its call`)
      continue
    }
    if (open.size > 0) faults.push(`calls without results: ${[...open].join()}`)
    const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as JsonObject[]) : []
    open = new Set(calls.map(({ id }) => id))
    if (open.size < calls.length) faults.push('an id twice')
  }
  return open.size > 0 ? [...faults, 'calls without results at the end'] : faults
}
