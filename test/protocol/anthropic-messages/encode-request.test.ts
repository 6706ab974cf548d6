import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Message, ModelRequest, Part, ReasoningOption } from '../../../src/canonical/request.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'
import type { Traits } from '../../../src/protocol/protocol.ts'

describe('a request of another protocol in the order that Anthropic demands', () => {
  test('turns alternate, and results come first', () => {
    const { body } = encode({
      messages: [user(text('a')), user(text('b')), assistant(call('x')), user(text('c'), result('x'))],
    })
    expect(body.messages).toEqual([
      { role: 'user', content: [block('a'), block('b')] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'run', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: [block('done')] }, block('c')] },
    ])
  })

  test('a call that was never answered gets an answer that says so', () => {
    const { body } = encode({ messages: [user(text('a')), assistant(call('x'), call('y')), user(result('y'))] })
    expect((body.messages as JsonObject[])[2]).toMatchObject({
      content: [
        { type: 'tool_result', tool_use_id: 'x', is_error: true },
        { type: 'tool_result', tool_use_id: 'y' },
      ],
    })
  })

  test('a result that answers nothing becomes text', () => {
    const { body } = encode({ messages: [user(result('gone'))] })
    expect(body.messages).toEqual([{ role: 'user', content: [block('Result of tool call gone:'), block('done')] }])
  })

  test('empty texts are left out, and messages of nothing else', () => {
    const { body } = encode({
      system: [text('')],
      messages: [user(text('')), user(text(''), text('a')), assistant(text(''))],
    })
    expect(body.system).toBeUndefined()
    expect(body.messages).toEqual([{ role: 'user', content: [block('a')] }])
  })

  test('a system message in mid-conversation is part of the user turn, unless the provider takes it', () => {
    const messages: Message[] = [user(text('a')), { role: 'system', parts: [text('Be brief.')] }]
    expect(encode({ messages }).body.messages).toEqual([
      { role: 'user', content: [block('a'), block('<system-reminder>\nBe brief.\n</system-reminder>')] },
    ])
    const { body } = encode({ messages }, { systemMessages: true })
    expect((body.messages as JsonObject[])[1]).toEqual({ role: 'system', content: [block('Be brief.')] })
  })

  test('tool names and ids are spelt as Anthropic accepts them, and names lead back', () => {
    const tools = ['files.read', 'files_read', 'überall'].map((name) => ({
      type: 'function' as const,
      name,
      schema: {},
    }))
    const messages = [user(text('a')), assistant({ ...call('call:1|x'), name: 'files.read' }), user(result('call:1|x'))]
    const { body, context } = encode({ tools, messages, toolChoice: { type: 'tool', name: 'überall' } })
    const names = (body.tools as JsonObject[]).map(({ name }) => String(name))
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
    expect(names.map((name) => context.toolNames?.get(name) ?? name)).toEqual(tools.map(({ name }) => name))
    const [, spoken, answered] = body.messages as { content: JsonObject[] }[]
    expect(spoken?.content[0]?.name).toBe(names[0] as string)
    expect(spoken?.content[0]?.id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(answered?.content[0]?.tool_use_id).toBe(spoken?.content[0]?.id as string)
    expect(body.tool_choice).toEqual({ type: 'tool', name: names[2] as string })
  })

  test.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { __unparsedToolInput: { raw: '{"a":' } }],
    ['[1]', { __unparsedToolInput: { raw: '[1]' } }],
    ['null', { __unparsedToolInput: { raw: 'null' } }],
  ])('arguments %j are an object', (input, expected) => {
    const { body } = encode({ messages: [user(text('a')), assistant({ ...call('x'), input }), user(result('x'))] })
    expect((body.messages as { content: JsonObject[] }[])[1]?.content[0]?.input as unknown).toEqual(expected)
  })
})

describe('limits', () => {
  test.each<[Partial<ModelRequest>, Traits, number, string[]]>([
    [{}, {}, 32_000, []],
    [{}, { maxOutputTokens: 8192 }, 8192, []],
    [{ maxOutputTokens: 9000 }, { maxOutputTokens: 8192 }, 8192, ['max_tokens']],
    [{ maxOutputTokens: 5 }, { maxOutputTokens: 8192 }, 5, []],
  ])('max_tokens of %j within %j is %d', (request, traits, limit, paths) => {
    const { body, dropped } = encode(request, traits)
    expect(body.max_tokens).toBe(limit)
    expect(dropped.map(({ path }) => path)).toEqual(paths)
  })

  test.each<[string, ReasoningOption, Partial<ModelRequest>, unknown, unknown]>([
    ['claude-opus-5-5', { effort: 'high' }, {}, { type: 'adaptive' }, { effort: 'high' }],
    ['claude-opus-5-5', { mode: 'on', budget: 12_000 }, {}, { type: 'adaptive' }, { effort: 'high' }],
    ['claude-opus-4-6', { effort: 'minimal' }, {}, { type: 'adaptive' }, { effort: 'low' }],
    ['claude-sonnet-4-5-20250929', { effort: 'high' }, {}, { type: 'enabled', budget_tokens: 20000 }, undefined],
    ['claude-sonnet-4-20250514', { effort: 'high' }, {}, { type: 'enabled', budget_tokens: 20000 }, undefined],
    [
      'anthropic/claude-3-7-sonnet',
      { mode: 'on', budget: 100 },
      {},
      { type: 'enabled', budget_tokens: 1024 },
      undefined,
    ],
    [
      'kimi',
      { mode: 'on', budget: 9000 },
      { maxOutputTokens: 4000 },
      { type: 'enabled', budget_tokens: 3999 },
      undefined,
    ],
    ['kimi', { mode: 'on', budget: 9000 }, { maxOutputTokens: 900 }, undefined, undefined],
    ['kimi', { effort: 'none' }, {}, { type: 'disabled' }, undefined],
    ['claude-opus-5-5', { effort: 'max' }, { toolChoice: { type: 'required' } }, undefined, { effort: 'max' }],
  ])('%s thinks for %j with %j', (model, reasoning, more, thinking, config) => {
    const tools = [{ type: 'function' as const, name: 'run', schema: {} }]
    const { body, dropped } = encode({ reasoning, tools, ...more }, {}, model)
    expect(body.thinking as unknown).toEqual(thinking)
    expect(body.output_config as unknown).toEqual(config)
    if (thinking === undefined) expect(dropped.map(({ path }) => path)).toEqual(['thinking'])
  })

  test('sampling that excludes thinking is left out and listed', () => {
    const { body, dropped } = encode({ reasoning: { mode: 'adaptive' }, temperature: 0.2, topK: 5 })
    expect([body.temperature, body.top_k]).toEqual([undefined, undefined])
    expect(dropped.map(({ path }) => path)).toEqual(['temperature', 'top_k'])
  })

  test('without thinking there is nothing to clear', () => {
    const clear = { type: 'clear_thinking_20251015', keep: 'all' }
    const wire = {
      model: 'm',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'x' }],
      tools: [{ name: 'run', input_schema: {} }],
      tool_choice: { type: 'any' },
      thinking: { type: 'adaptive' },
      context_management: { edits: [clear] },
    }
    const request = anthropicMessages.decodeRequest({ path: '/messages', query: '', headers: {}, body: wire })
    const { body, dropped } = encode(request)
    expect([body.thinking, body.context_management]).toEqual([undefined, undefined])
    expect(dropped.map(({ path }) => path)).toEqual(['thinking', 'context_management.edits'])
  })

  test('fields that the provider refused before are left out and listed', () => {
    const { body, dropped } = encode({ topK: 5, temperature: 0.5 }, { refusedFields: ['top_k', 'metadata'] })
    expect([body.top_k, body.temperature]).toEqual([undefined, 0.5])
    expect(dropped.map(({ path }) => path)).toEqual(['top_k'])
  })
})

describe('what Anthropic cannot take is listed', () => {
  const signed = { type: 'reasoning', text: 'hm', signature: 'sig' } as const
  const ours = { protocol: 'anthropic-messages', rest: {} } as const
  test.each<[string, Part, boolean]>([
    ['signed by it', { ...signed, native: ours }, true],
    [
      'signed by it, as this provider said',
      { ...signed, native: ours, origin: { provider: 'lab', model: 'other' } },
      true,
    ],
    [
      'signed by it, as another provider said',
      { ...signed, native: ours, origin: { provider: 'far', model: 'm' } },
      false,
    ],
    ['signed by another vendor', { ...signed, origin: { provider: 'far', model: 'm' } }, false],
    ['not signed', { type: 'reasoning', text: 'hm' }, false],
    ['redacted by it', { type: 'reasoning', text: '', encrypted: 'x', native: ours }, true],
  ])('reasoning that was %s', (_, part, isKept) => {
    const { body, dropped } = encode({ messages: [user(text('a')), assistant(part, text('b'))] })
    expect((body.messages as { content: JsonObject[] }[])[1]?.content.length).toBe(isKept ? 2 : 1)
    expect(dropped.map(({ path }) => path)).toEqual(isKept ? [] : ['messages[1].content[0]'])
  })

  test('residue of another protocol, by its path', () => {
    const native = { protocol: 'openai-chat', rest: { logprobs: true } } as const
    const request = encode({
      native,
      messages: [{ ...user({ ...text('a'), native }, { type: 'native', native }), native }],
    })
    expect(request.dropped.map(({ path }) => path)).toEqual([
      'logprobs',
      'messages[0].logprobs',
      'messages[0].content[0].logprobs',
      'messages[0].content[1]',
    ])
    expect(JSON.stringify(request.body)).not.toContain('logprobs')
  })

  test.each<[string, Part]>([
    ['audio', { type: 'media', kind: 'audio', mediaType: 'audio/wav', source: { type: 'base64', data: 'UklGRg==' } }],
    [
      'an image of a kind it does not know',
      { type: 'media', kind: 'image', mediaType: 'image/tiff', source: { type: 'base64', data: 'SUkq' } },
    ],
  ])('%s, and the model is told', (_, part) => {
    const { body, dropped } = encode({ messages: [user(part)] })
    expect(dropped.map(({ path }) => path)).toEqual(['messages[0].content[0]'])
    expect((body.messages as { content: JsonObject[] }[])[0]?.content[0]?.text).toContain('left out')
  })

  test('thinking, if the last call was made without any that Anthropic signed', () => {
    const reasoning: ReasoningOption = { mode: 'on', budget: 2000 }
    const messages = [user(text('a')), assistant(call('x')), user(result('x'))]
    expect(encode({ reasoning, messages }, {}, 'kimi').body.thinking).toBeUndefined()
    const thought: Part = { ...signed, native: ours }
    const { body } = encode(
      { reasoning, messages: [user(text('a')), assistant(thought, call('x')), user(result('x'))] },
      {},
      'kimi',
    )
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: 2000 })
  })
})

function encode(request: Partial<ModelRequest>, traits: Traits = {}, model = 'claude-opus-5-5') {
  const whole = { model, system: [], messages: [user(text('Hello'))], tools: [], stream: true, ...request }
  const { wire, dropped, context } = anthropicMessages.encodeRequest(whole, { provider: 'lab', model, traits })
  expect(wire).toMatchObject({ path: '/messages', headers: { 'anthropic-version': '2023-06-01' } })
  return { body: JSON.parse(JSON.stringify(wire.body)) as JsonObject, dropped, context }
}

function user(...parts: Part[]): Message {
  return { role: 'user', parts }
}

function assistant(...parts: Part[]): Message {
  return { role: 'assistant', parts }
}

function text(words: string) {
  return { type: 'text' as const, text: words }
}

function block(words: string): JsonObject {
  return { type: 'text', text: words }
}

function call(id: string) {
  return { type: 'tool-call' as const, id, name: 'run', input: '{}' }
}

function result(id: string): Part {
  return { type: 'tool-result', id, content: [text('done')] }
}
