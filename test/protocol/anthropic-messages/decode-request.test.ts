import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import { parseJson, type Json, type JsonObject } from '../../../src/canonical/json.ts'
import type { ModelRequest } from '../../../src/canonical/request.ts'
import { anthropicMessages } from '../../../src/protocol/anthropic-messages/index.ts'

describe('what a client may say', () => {
  test('a system message in mid-conversation overrides the effort from there on', () => {
    const body = { output_config: { effort: 'medium' }, messages: [hello, system('low'), hello, system('max')] }
    expect(decode(body).reasoning).toMatchObject({ effort: 'max' })
    expect(decode(body).messages.map(({ role }) => role)).toEqual(['user', 'system', 'user', 'system'])
  })

  test('an edit of the effort overrules what system messages said', () => {
    const decoded = decode({ output_config: { effort: 'medium' }, messages: [hello, system('low')] })
    const body = encode({ ...decoded, reasoning: { ...decoded.reasoning, effort: 'high' } })
    expect(body.output_config).toEqual({ effort: 'high' })
    expect(body.messages).toEqual([hello, { role: 'system', content: 'Now.' }])
  })

  test('what an edit deleted stays deleted', () => {
    const decoded = decode({
      thinking: { type: 'adaptive', display: 'updates' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', scope: 'global' } }] },
      ],
    })
    const { reasoning: _reasoning, ...rest } = decoded
    const body = encode({ ...rest, messages: [{ role: 'user', parts: [{ type: 'text', text: 'y' }] }] })
    expect(body.thinking).toBeUndefined()
    expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'y' }] }])
  })

  test('tool input keeps numbers that JavaScript would change', () => {
    const input = '{"big":12345678901234567890,"small":1e400,"round":1.0}'
    const block = parseJson(`{"type":"tool_use","id":"toolu_1","name":"count","input":${input}}`) as JsonObject
    const decoded = decode({ messages: [hello, { role: 'assistant', content: [block] }] })
    expect(decoded.messages[1]?.parts[0]).toMatchObject({ type: 'tool-call', input })
    const target = { provider: 'lab', model: 'm', traits: {} }
    expect(JSON.stringify(anthropicMessages.encodeRequest(decoded, target).wire.body)).toContain(input)
  })

  test.each([
    ['web_search_20250305', 'web-search'],
    ['web_fetch_20250910', 'web-fetch'],
    ['code_execution_20250825', 'code-execution'],
    ['tool_search_tool_bm25_20251119', 'tool-search'],
    ['bash_20250124', 'other'],
    ['computer_20251124', 'other'],
  ])('the tool type %s is a server tool of kind %s', (type, kind) => {
    const [tool] = decode({ tools: [{ type, name: 'it' }] }).tools
    expect(tool).toMatchObject({ type: 'server', kind, name: 'it' })
  })

  test.each([
    [{ type: 'auto' }, { type: 'auto' }, undefined],
    [{ type: 'any', disable_parallel_tool_use: true }, { type: 'required' }, false],
    [{ type: 'none' }, { type: 'none' }, undefined],
    [{ type: 'tool', name: 'Read', disable_parallel_tool_use: false }, { type: 'tool', name: 'Read' }, true],
  ])('tool_choice %j', (tool_choice, toolChoice, parallel) => {
    const decoded = decode({ tool_choice })
    expect(decoded.toolChoice as unknown).toEqual(toolChoice)
    expect(decoded.parallelToolCalls).toBe(parallel as boolean)
  })

  test.each([
    [
      { type: 'enabled', budget_tokens: 8000 },
      { mode: 'on', budget: 8000 },
    ],
    [{ type: 'adaptive' }, { mode: 'adaptive' }],
    [{ type: 'disabled' }, { mode: 'off' }],
  ])('thinking %j', (thinking, reasoning) => {
    expect(decode({ thinking }).reasoning as unknown).toEqual(reasoning)
  })

  test('the text of documents and search results is there for every provider', () => {
    const document = { type: 'document', source: { type: 'content', content: [text('one '), text('two')] } }
    const result = { type: 'search_result', source: 'https://example.com', title: 'T', content: [text('three')] }
    const decoded = decode({ messages: [{ role: 'user', content: [document, result] }] })
    expect(decoded.messages[0]?.parts).toMatchObject([
      { type: 'media', kind: 'document', source: { type: 'text', text: 'one two' } },
      { type: 'media', kind: 'document', source: { type: 'text', text: 'three' }, title: 'T' },
    ])
  })
})

describe('what cannot be read is a bad request that names the field', () => {
  const messages = (content: Json): JsonObject => ({ messages: [hello, { role: 'user', content }] })
  test.each<[JsonObject, string]>([
    [{ model: undefined }, 'model: Field required'],
    [{ model: 7 }, 'model: Input should be a valid string'],
    [{ messages: undefined }, 'messages: Field required'],
    [{ messages: 'hi' }, 'messages: Input should be a valid list'],
    [{ messages: [] }, 'messages: at least one message is required'],
    [{ messages: ['hi'] }, 'messages[0]: Input should be a valid object'],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      "messages[0].role: Input should be 'user', 'assistant' or 'system'",
    ],
    [messages(null), 'messages[1].content: Input should be a valid list'],
    [messages(['x']), 'messages[1].content[0]: Input should be a valid object'],
    [messages([{ text: 'x' }]), 'messages[1].content[0].type: Field required'],
    [messages([{ type: 'text' }]), 'messages[1].content[0].text: Field required'],
    [messages([{ type: 'image' }]), 'messages[1].content[0].source: Field required'],
    [
      messages([{ type: 'tool_use', id: 'a', name: 'b', input: [] }]),
      'messages[1].content[0].input: Input should be a valid object',
    ],
    [
      messages([{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 1 }] }]),
      'messages[1].content[0].content[0].text: Input should be a valid string',
    ],
    [
      messages([{ ...text('x'), cache_control: 'yes' }]),
      'messages[1].content[0].cache_control: Input should be a valid object',
    ],
    [{ system: 5 }, 'system: Input should be a valid list'],
    [{ system: [{ type: 'image' }] }, "system[0].type: Input should be 'text'"],
    [{ tools: {} }, 'tools: Input should be a valid list'],
    [{ tools: [{ name: 'x' }] }, 'tools[0].input_schema: Field required'],
    [{ tool_choice: 'auto' }, 'tool_choice: Input should be a valid object'],
    [{ max_tokens: '5' }, 'max_tokens: Input should be a valid number'],
    [{ stream: 'yes' }, 'stream: Input should be a valid boolean'],
    [{ stop_sequences: [1] }, 'stop_sequences[0]: Input should be a valid string'],
    [{ metadata: 'me' }, 'metadata: Input should be a valid object'],
    [{ thinking: true }, 'thinking: Input should be a valid object'],
    [{ output_config: [] }, 'output_config: Input should be a valid object'],
  ])('%j', (body, message) => {
    const attempt = () => decode(body)
    expect(attempt).toThrow(ModelError)
    expect(attempt).toThrow(message)
  })

  test.each<[string, JsonObject]>([
    [
      'null where a field is optional',
      { system: null, tools: null, tool_choice: null, thinking: null, temperature: null, stream: null },
    ],
    [
      'a call without input',
      { messages: [hello, { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: null }] }] },
    ],
    [
      'unknown types of everything',
      { thinking: { type: 'new' }, tool_choice: { type: 'new' }, output_config: { effort: 'new', format: 1 } },
    ],
  ])('%s is accepted', (_, body) => {
    const whole = { model: 'm', max_tokens: 5, messages: [hello], ...body }
    const { messages: _messages, ...rest } = encode(decode(body))
    for (const [key, value] of Object.entries(whole)) if (key !== 'messages') expect(rest[key]).toEqual(value)
  })
})

const hello = { role: 'user', content: 'Hello' }

function system(effort: string): JsonObject {
  return { role: 'system', content: 'Now.', output_config: { effort } }
}

function text(words: string): JsonObject {
  return { type: 'text', text: words }
}

function decode(body: JsonObject): ModelRequest {
  const whole = { model: 'm', max_tokens: 5, messages: [hello], ...body }
  return anthropicMessages.decodeRequest({ path: '/messages', query: '', headers: {}, body: whole })
}

function encode(request: ModelRequest): JsonObject {
  const { wire } = anthropicMessages.encodeRequest(request, { provider: 'lab', model: request.model, traits: {} })
  return JSON.parse(JSON.stringify(wire.body))
}
