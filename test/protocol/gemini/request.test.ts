import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ModelRequest, ReasoningOption, Tool } from '../../../src/canonical/request.ts'
import { gemini } from '../../../src/protocol/gemini/index.ts'
import { call, message, request, sent, text } from './request.ts'

const tool = (name: string, more: Partial<Extract<Tool, { type: 'function' }>> = {}): Tool => ({
  type: 'function',
  name,
  schema: { type: 'object', properties: { path: { type: 'string' } } },
  ...more,
})
const search: Tool = {
  type: 'server',
  kind: 'web-search',
  name: 'web_search',
  native: {
    protocol: 'anthropic-messages',
    rest: { type: 'web_search_20260209', name: 'web_search', allowed_domains: ['a.org'] },
  },
}

describe('the call', () => {
  test.each([
    ['gemini-2.5-flash', false, '/models/gemini-2.5-flash:generateContent', ''],
    ['gemini-2.5-flash', true, '/models/gemini-2.5-flash:streamGenerateContent', 'alt=sse'],
    ['models/gemini-2.5-flash', false, '/models/gemini-2.5-flash:generateContent', ''],
    ['a/b c', false, '/models/a/b%20c:generateContent', ''],
  ])('of %s, streamed: %p', (model, stream, path, query) => {
    const { wire } = sent({ stream }, model)
    expect([wire.path, wire.query]).toEqual([path, query])
  })

  test('sampling and limits are told, what has no field is listed', () => {
    const { config, dropped } = sent({
      maxOutputTokens: 128_000,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stopSequences: ['1', '2', '3', '4', '5', '6'],
      userId: 'u',
    })
    expect(config).toEqual({
      maxOutputTokens: 65_536,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stopSequences: ['1', '2', '3', '4', '5'],
    })
    expect(dropped).toEqual(['metadata.user_id', 'max_tokens', 'stop_sequences[5]'])
  })

  test('fields that the provider refused before are left out', () => {
    const { config, dropped } = sent({ topK: 40, temperature: 1 }, 'gemini-2.5-flash', { refusedFields: ['topK'] })
    expect(config).toEqual({ temperature: 1 })
    expect(dropped).toEqual(['topK'])
  })

  test('JSON answers are asked for with a schema that Gemini knows', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 0 } }, $schema: 'x' }
    const outputFormat = { type: 'json-schema', schema } as const
    expect(sent({ outputFormat }).config).toEqual({
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: { n: { type: 'INTEGER', description: 'greater than 0' } },
      },
    })
    const withTools: Partial<ModelRequest> = { outputFormat, tools: [tool('read')] }
    expect(sent(withTools, 'gemini-2.5-flash').dropped).toEqual(['output_config.format'])
    expect(sent(withTools, 'gemini-3-pro-preview').dropped).toEqual([])
  })

  test('ids for calls differ from turn to turn and are the same for the same request', () => {
    const first = sent({}).context.id('call_')
    expect(sent({}).context.id('call_')).toBe(first)
    expect(sent({ messages: [message('user', text('next'))] }).context.id('call_')).not.toBe(first)
  })
})

describe('tools', () => {
  test('functions are declared in one list; one without arguments has no parameters', () => {
    const { wire } = sent({
      tools: [tool('read', { description: 'Reads.' }), tool('now', { schema: { type: 'object', properties: {} } })],
    })
    expect(wire.body.tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'read',
            description: 'Reads.',
            parameters: { type: 'OBJECT', properties: { path: { type: 'STRING' } } },
          },
          { name: 'now' },
        ],
      },
    ])
  })

  const choices: [ModelRequest['toolChoice'], JsonObject][] = [
    [{ type: 'auto' }, { mode: 'AUTO' }],
    [{ type: 'required' }, { mode: 'ANY' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [
      { type: 'tool', name: 'read' },
      { mode: 'ANY', allowedFunctionNames: ['read'] },
    ],
  ]
  test.each(choices)('the choice %p', (toolChoice, functionCallingConfig) => {
    const { wire } = sent({ tools: [tool('read')], ...(toolChoice && { toolChoice }) })
    expect(wire.body.toolConfig).toEqual({ functionCallingConfig })
  })

  test('names that Gemini refuses are changed in the history too, and lead back', () => {
    const names = ['mcp:files/read', 'mcp:files_read', '1st', 'x'.repeat(70), 'plain.name-1']
    const { wire, context } = sent({
      tools: names.map((name) => tool(name)),
      messages: [message('user', text('go')), message('assistant', ...names.map((name, n) => call(`${n}`, name)))],
    })
    const [{ functionDeclarations }] = wire.body.tools as [{ functionDeclarations: { name: string }[] }]
    const wireNames = functionDeclarations.map(({ name }) => name)
    expect(new Set(wireNames).size).toBe(names.length)
    for (const name of wireNames) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/)
    expect(wireNames.map((name) => context.toolNames?.get(name) ?? name)).toEqual(names)
    const contents = wire.body.contents as { parts: JsonObject[] }[]
    expect(contents[1]?.parts.map(({ functionCall }) => (functionCall as JsonObject).name)).toEqual(wireNames)
    expect(contents[2]?.parts.map(({ functionResponse }) => (functionResponse as JsonObject).name)).toEqual(wireNames)
  })

  test("web search becomes Google's, its options are listed", () => {
    const { wire, dropped } = sent({ tools: [search] })
    expect(wire.body.tools).toEqual([{ googleSearch: {} }])
    expect(dropped).toEqual(['tools[0].allowed_domains'])
  })

  test('web search is left out beside functions, which Gemini refuses', () => {
    const { wire, dropped } = sent({ tools: [search, tool('read')] })
    expect(Object.keys((wire.body.tools as JsonObject[])[0] ?? {})).toEqual(['functionDeclarations'])
    expect(dropped).toEqual(['tools[0]'])
  })
})

describe('thinking', () => {
  const rows: [string, ReasoningOption, JsonObject | undefined][] = [
    ['gemini-2.5-pro', { mode: 'adaptive', effort: 'high' }, { thinkingBudget: -1, includeThoughts: true }],
    ['gemini-2.5-pro', { mode: 'adaptive', effort: 'low' }, { thinkingBudget: 1024, includeThoughts: true }],
    ['gemini-2.5-pro', { mode: 'on', budget: 64 }, { thinkingBudget: 128, includeThoughts: true }],
    ['gemini-2.5-pro', { mode: 'on', budget: 100_000 }, { thinkingBudget: 32_768, includeThoughts: true }],
    ['gemini-2.5-pro', { mode: 'off' }, { thinkingBudget: 128 }],
    ['gemini-2.5-flash', { mode: 'off' }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { effort: 'max' }, { thinkingBudget: 24_576 }],
    ['gemini-2.5-flash-lite', { mode: 'on', budget: 100 }, { thinkingBudget: 512, includeThoughts: true }],
    ['gemini-3-pro-preview', { mode: 'adaptive', effort: 'medium' }, { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3.1-pro-preview', { effort: 'medium' }, { thinkingLevel: 'medium' }],
    ['gemini-3-pro-preview', { mode: 'off' }, { thinkingLevel: 'low' }],
    ['gemini-3-flash-preview', { mode: 'off' }, { thinkingLevel: 'minimal' }],
    ['gemini-3-flash-preview', { mode: 'adaptive' }, { includeThoughts: true }],
    ['gemini-3-flash-preview', { mode: 'on', budget: 31_999 }, { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3-flash-preview', { mode: 'on', budget: 1024 }, { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-3.8-flash', { mode: 'off' }, { thinkingLevel: 'low' }],
    ['gemini-flash-latest', { mode: 'adaptive', effort: 'high' }, { includeThoughts: true }],
    ['gemini-2.0-flash', { mode: 'adaptive', effort: 'high' }, undefined],
    ['gemini-2.5-flash-image', { mode: 'on', budget: 2048 }, undefined],
    ['gemma-3-27b', { mode: 'adaptive' }, undefined],
    ['gemini-2.5-pro-preview-03-25', { mode: 'adaptive' }, { thinkingBudget: -1, includeThoughts: true }],
  ]
  test.each(rows)('%s asked for %p', (model, reasoning, thinkingConfig) => {
    expect(sent({ reasoning }, model).config.thinkingConfig).toEqual(thinkingConfig as JsonObject)
  })
})

describe("a client's request", () => {
  const decode = (body: JsonObject, path = '/models/gemini-2.5-flash:generateContent') =>
    gemini.decodeRequest({ path, query: '', headers: {}, body })

  test('is read in snake case too, without touching names of the user', () => {
    const { tools, maxOutputTokens, messages } = decode({
      system_instruction: { parts: [{ text: 'x' }] },
      contents: [{ parts: [{ inline_data: { mime_type: 'image/png', data: 'AA==' } }] }],
      generation_config: { max_output_tokens: 5 },
      tools: [
        {
          function_declarations: [
            {
              name: 'f',
              parameters: { type: 'OBJECT', properties: { snake_case: { type: 'STRING', min_length: '2' } } },
            },
          ],
        },
      ],
    })
    expect(maxOutputTokens).toBe(5)
    expect(messages[0]?.parts[0]).toMatchObject({ type: 'media', kind: 'image', mediaType: 'image/png' })
    expect(tools[0]).toMatchObject({
      schema: { type: 'object', properties: { snake_case: { type: 'string', minLength: 2 } } },
    })
  })

  test('pairs calls and results without ids by name', () => {
    const { messages } = decode({
      contents: [
        { role: 'user', parts: [{ text: 'go' }] },
        {
          role: 'model',
          parts: [{ functionCall: { name: 'a', args: {} } }, { functionCall: { name: 'b', args: {} } }],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'b', response: { output: '2' } } },
            { functionResponse: { name: 'a', response: { output: '1' } } },
          ],
        },
      ],
    })
    const ids = (index: number) => messages[index]?.parts.map((part) => ('id' in part ? part.id : undefined))
    expect(ids(2)).toEqual(ids(1)?.toReversed() as string[])
  })

  test('an edit wins over the residue', () => {
    const decoded = decode({
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
      generationConfig: { thinkingConfig: { thinkingBudget: 0 }, seed: 1 },
      tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: {} } }] }],
    })
    const [first] = decoded.tools
    const edited = {
      ...decoded,
      reasoning: { ...decoded.reasoning, mode: 'on' as const, budget: 2000 },
      tools: first ? [{ ...first, schema: { type: 'object', properties: { a: { type: 'string' } } } } as Tool] : [],
    }
    const { wire } = gemini.encodeRequest(edited, { provider: 'google', model: 'gemini-2.5-flash', traits: {} })
    expect(wire.body.generationConfig).toEqual({
      thinkingConfig: { thinkingBudget: 2000, includeThoughts: true },
      seed: 1,
    })
    expect(wire.body.tools).toEqual([
      {
        functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }],
      },
    ])
  })

  test.each([
    [{}, '/models/m:generateContent', 'contents: contents is not specified'],
    [{ contents: [3] }, '/models/m:generateContent', 'contents[0]: must be an object with parts'],
    [{ contents: [{ parts: [1] }] }, '/models/m:generateContent', 'contents[0].parts[0]: must be an object'],
    [
      { contents: 'x', generationConfig: { topK: 'y' } },
      '/m:generateContent',
      'generationConfig.topK: must be a number',
    ],
    [{ contents: 'x' }, '/models/m:embedContent', 'path: /models/m:embedContent is neither'],
  ])('%p is refused', (body, path, told) => {
    expect(() => decode(body, path)).toThrow(told)
  })

  test('another protocol is told everything that Gemini clients can say', () => {
    const decoded = decode({
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
      generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true }, stopSequences: ['E'] },
      toolConfig: { functionCallingConfig: { mode: 'any' } },
    })
    expect(decoded).toMatchObject({
      ...request({ model: 'gemini-2.5-flash' }),
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
      reasoning: { mode: 'adaptive', effort: 'high' },
      stopSequences: ['E'],
      toolChoice: { type: 'required' },
    })
  })

  test('leaves no residue of what was understood whole', () => {
    const decoded = decode({
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
      generationConfig: { temperature: 1 },
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    })
    expect(decoded.native?.rest).toEqual({})
  })
})
