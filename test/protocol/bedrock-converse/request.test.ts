import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { MediaPart, Message, ModelRequest, Part, ReasoningOption } from '../../../src/canonical/request.ts'
import { bedrockConverse } from '../../../src/protocol/bedrock-converse/index.ts'
import type { Traits } from '../../../src/protocol/protocol.ts'

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const OPUS = 'global.anthropic.claude-opus-4-6-v1'
const NOVA = 'us.amazon.nova-2-lite-v1:0'
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0'
const OSS = 'openai.gpt-oss-120b-1:0'
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'

function sent(changes: Partial<ModelRequest>, model = SONNET, traits: Traits = {}) {
  const whole = { model, system: [], messages: [says('user', text('Hello'))], tools: [], stream: false, ...changes }
  const { wire, dropped, context } = bedrockConverse.encodeRequest(whole, { provider: 'bedrock', model, traits })
  const body = JSON.parse(JSON.stringify(wire.body)) as JsonObject
  return { wire, body, messages: body.messages as JsonObject[], dropped: dropped.map(({ path }) => path), context }
}

const says = (role: Message['role'], ...parts: Part[]): Message => ({ role, parts })
const text = (value: string): Part => ({ type: 'text', text: value })
const call = (id: string, name = 'read', input = '{}'): Part => ({ type: 'tool-call', id, name, input })
const result = (id: string, output = 'done'): Part => ({
  type: 'tool-result',
  id,
  content: [{ type: 'text', text: output }],
})
const tool = (name: string) => ({ type: 'function' as const, name, schema: { type: 'object', properties: {} } })
const image = (mediaType: string, source: MediaPart['source'] = { type: 'base64', data: 'AAAA' }): MediaPart => ({
  type: 'media',
  kind: 'image',
  mediaType,
  source,
})

describe('the model stands in the path', () => {
  test.each([
    [SONNET, false, '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'],
    [NOVA, true, '/model/us.amazon.nova-2-lite-v1%3A0/converse-stream'],
    [
      PROFILE,
      true,
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse-stream',
    ],
  ])('%s, streamed %p', (model, stream, path) => {
    const { wire } = sent({ stream }, model)
    expect(wire.path).toBe(path)
    expect(wire.body).not.toHaveProperty('model')
    expect(bedrockConverse.decodeRequest(wire)).toMatchObject({ model, stream })
  })
})

describe('the conversation', () => {
  test('has turns that alternate, begins with the user and answers every call', () => {
    const { messages } = sent({
      tools: [tool('read')],
      messages: [
        says('assistant', text('I am here.'), call('a'), call('b')),
        says('user', text('Wait.'), result('b', 'B')),
        says('user', text('Go on.')),
        says('assistant', text('Fine.')),
        says('assistant', text('Really.')),
        says('user', result('z', 'late')),
      ],
    })
    expect(messages).toEqual([
      { role: 'user', content: [{ text: '(earlier messages are left out)' }] },
      {
        role: 'assistant',
        content: [
          { text: 'I am here.' },
          { toolUse: { toolUseId: 'a', name: 'read', input: {} } },
          { toolUse: { toolUseId: 'b', name: 'read', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'b', content: [{ text: 'B' }] } },
          {
            toolResult: {
              toolUseId: 'a',
              content: [{ text: 'No result was recorded for this call.' }],
              status: 'error',
            },
          },
          { text: 'Wait.' },
          { text: 'Go on.' },
        ],
      },
      { role: 'assistant', content: [{ text: 'Fine.' }, { text: 'Really.' }] },
      { role: 'user', content: [{ text: 'Result of tool call z:' }, { text: 'late' }] },
    ])
  })

  test('has no empty texts, and a system message is part of the user’s turn', () => {
    const { messages, body } = sent({
      system: [{ type: 'text', text: ' ' }],
      messages: [says('user', text('Hi'), text('\n')), says('system', text('Be brief.')), says('assistant', text(''))],
    })
    expect(body).not.toHaveProperty('system')
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'Hi' }, { text: '<system-reminder>\nBe brief.\n</system-reminder>' }] },
    ])
  })

  test.each([
    ['functions.read:0', 'functions_read_0_'],
    ['x'.repeat(80), 'xxxx'],
    ['', '_'],
  ])('an id that Bedrock refuses is spelt so that call and result still agree: %s', (id, start) => {
    const { messages } = sent({
      tools: [tool('read')],
      messages: [says('user', text('x')), says('assistant', call(id)), says('user', result(id))],
    })
    const [, asked = {}, answered = {}] = messages.map(({ content }) => (content as JsonObject[])[0])
    const used = (asked.toolUse as JsonObject).toolUseId
    expect(used).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(used).toStartWith(start)
    expect((answered.toolResult as JsonObject).toolUseId).toBe(used as string)
  })

  test('arguments are an object, and what is none is kept as text', () => {
    const calls = ['', '[1]', '{"n": 12345678901234567890}', '{"broken'].map((input, at) =>
      call(`c${at}`, 'read', input),
    )
    const { wire } = sent({ tools: [tool('read')], messages: [says('user', text('x')), says('assistant', ...calls)] })
    const written = JSON.stringify(wire.body)
    expect(written).toContain('"input":{}')
    expect(written).toContain('{"unparsedArguments":"[1]"}')
    expect(written).toContain('{"n":12345678901234567890}')
    expect(written).toContain(String.raw`{"unparsedArguments":"{\"broken"}`)
  })
})

describe('reasoning goes back to who signed it', () => {
  const thought = (origin?: { provider: string; model: string }): Part => ({
    type: 'reasoning',
    text: 'Hm',
    signature: 's',
    ...(origin && { origin }),
  })
  const back = (part: Part, model = SONNET): [number, string[]] => {
    const { messages, dropped } = sent(
      { messages: [says('user', text('x')), says('assistant', part, text('y'))] },
      model,
    )
    return [JSON.stringify(messages[1]).split('"reasoningContent"').length - 1, dropped]
  }
  const lost = ['messages[1].content[0]']

  test.each<[string, Part, string, number, string[]]>([
    ['of the same model', thought({ provider: 'bedrock', model: SONNET }), SONNET, 1, []],
    ['of another Claude there', thought({ provider: 'bedrock', model: OPUS }), SONNET, 1, []],
    ['of another vendor there', thought({ provider: 'bedrock', model: NOVA }), SONNET, 0, lost],
    ['of another provider', thought({ provider: 'anthropic', model: 'claude-sonnet-4-5' }), SONNET, 0, lost],
    ['of nobody known', thought(), SONNET, 0, lost],
    [
      'without a signature',
      { type: 'reasoning', text: 'Hm', origin: { provider: 'bedrock', model: SONNET } },
      SONNET,
      0,
      lost,
    ],
    [
      'that is encrypted',
      { type: 'reasoning', text: '', encrypted: 'c2Vj', origin: { provider: 'bedrock', model: SONNET } },
      SONNET,
      1,
      [],
    ],
  ])('%s', (_name, part, model, count, dropped) => {
    expect(back(part, model)).toEqual([count, dropped])
  })
})

describe('thinking is asked for in the words of the model’s vendor', () => {
  const on: ReasoningOption = { mode: 'on', budget: 5000 }
  test.each<[string, string, Partial<ModelRequest>, JsonObject | undefined, string[]]>([
    ['a budget', SONNET, { reasoning: on }, { thinking: { type: 'enabled', budget_tokens: 5000 } }, []],
    ['an effort', SONNET, { reasoning: { effort: 'low' } }, { thinking: { type: 'enabled', budget_tokens: 4096 } }, []],
    [
      'a budget within the limit',
      SONNET,
      { reasoning: on, maxOutputTokens: 3000 },
      { thinking: { type: 'enabled', budget_tokens: 2999 } },
      ['thinking.budget_tokens'],
    ],
    ['no room for it', SONNET, { reasoning: on, maxOutputTokens: 500 }, undefined, ['thinking']],
    [
      'a forced tool',
      SONNET,
      { reasoning: on, tools: [tool('a')], toolChoice: { type: 'required' } },
      undefined,
      ['thinking'],
    ],
    [
      'its own choice',
      OPUS,
      { reasoning: { mode: 'adaptive', effort: 'high' } },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'a budget for one that chooses',
      OPUS,
      { reasoning: on },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      [],
    ],
    ['none', SONNET, { reasoning: { mode: 'off' } }, undefined, []],
    [
      'Nova',
      NOVA,
      { reasoning: { effort: 'high' } },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } },
      [],
    ],
    [
      'Nova with a limit',
      NOVA,
      { reasoning: { effort: 'max' }, maxOutputTokens: 9 },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
      ['thinking'],
    ],
    ['Nova off', NOVA, { reasoning: { mode: 'off' } }, { reasoningConfig: { type: 'disabled' } }, []],
    ['gpt-oss', OSS, { reasoning: { effort: 'xhigh' } }, { reasoning_effort: 'high' }, []],
    ['a model that cannot', LLAMA, { reasoning: on }, undefined, ['thinking']],
  ])('%s', (_name, model, changes, fields, dropped) => {
    const { body, dropped: lost } = sent(changes, model)
    expect([body.additionalModelRequestFields, lost]).toEqual([fields, dropped])
  })

  test('a call that was made without it rules a budget out', () => {
    const messages = [says('user', text('x')), says('assistant', call('a')), says('user', result('a'))]
    const { body, dropped } = sent({ reasoning: on, tools: [tool('read')], messages })
    expect([body.additionalModelRequestFields, dropped]).toEqual([undefined, ['thinking']])
  })

  test('and rules sampling out', () => {
    const { body, dropped } = sent({ reasoning: on, temperature: 0.3, topP: 0.9, maxOutputTokens: 9000 })
    expect([body.inferenceConfig, dropped]).toEqual([{ maxTokens: 9000 }, ['temperature', 'top_p']])
  })
})

describe('settings', () => {
  test.each<[string, string, Partial<ModelRequest>, JsonObject | undefined, JsonObject | undefined, string[]]>([
    [
      'all of them',
      LLAMA,
      { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['X'] },
      { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['X'] },
      undefined,
      [],
    ],
    ['too warm', LLAMA, { temperature: 1.7 }, { temperature: 1 }, undefined, ['temperature']],
    ['both ways to sample', SONNET, { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, undefined, ['top_p']],
    [
      'stops of white space',
      SONNET,
      { stopSequences: ['\n', 'X'] },
      { stopSequences: ['X'] },
      undefined,
      ['stop_sequences'],
    ],
    [
      'more stops than Nova takes',
      NOVA,
      { stopSequences: ['1', '2', '3', '4', '5'] },
      { stopSequences: ['1', '2', '3', '4'] },
      undefined,
      ['stop_sequences'],
    ],
    ['top_k of Claude', SONNET, { topK: 5 }, undefined, { top_k: 5 }, []],
    ['top_k of Nova', NOVA, { topK: 5 }, undefined, { inferenceConfig: { topK: 5 } }, []],
    ['top_k of Llama', LLAMA, { topK: 5 }, undefined, undefined, ['top_k']],
    ['a user', LLAMA, { userId: 'u' }, undefined, undefined, ['metadata.user_id']],
  ])('%s', (_name, model, changes, config, fields, dropped) => {
    const { body, dropped: lost } = sent(changes, model)
    expect([body.inferenceConfig, body.additionalModelRequestFields, lost]).toEqual([config, fields, dropped])
  })

  test('the model’s limit and refused fields are kept to', () => {
    const traits = { maxOutputTokens: 100, refusedFields: ['temperature', 'top_k'] }
    const { body, dropped } = sent({ maxOutputTokens: 500, temperature: 0.5, topK: 3 }, SONNET, traits)
    expect(body.inferenceConfig).toEqual({ maxTokens: 100 })
    expect(dropped.toSorted()).toEqual(['max_tokens', 'temperature', 'top_k'])
  })

  test.each([
    [
      SONNET,
      { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{"type":"object"}', name: 'out' } } } },
      [],
    ],
    [NOVA, undefined, ['output_config.format']],
    ['anthropic.claude-3-haiku-20240307-v1:0', undefined, ['output_config.format']],
  ])('a schema of the answer for %s', (model, outputConfig, dropped) => {
    const { body, dropped: lost } = sent(
      { outputFormat: { type: 'json-schema', schema: { type: 'object' }, name: 'out' } },
      model,
    )
    expect([body.outputConfig, lost]).toEqual([outputConfig as JsonObject, dropped])
  })
})

describe('tools', () => {
  test('have names that Bedrock takes, which lead back to the client’s', () => {
    const { body, context } = sent({
      tools: [tool('mcp.files/read'), tool('plain')],
      toolChoice: { type: 'tool', name: 'mcp.files/read' },
    })
    const config = body.toolConfig as {
      tools: { toolSpec: { name: string } }[]
      toolChoice: { tool: { name: string } }
    }
    const [renamed = '', plain] = config.tools.map(({ toolSpec }) => toolSpec.name)
    expect(renamed).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(plain).toBe('plain')
    expect(config.toolChoice).toEqual({ tool: { name: renamed } })
    expect(context.toolNames?.get(renamed)).toBe('mcp.files/read')
  })

  test('of the history are declared where the request has none', () => {
    const { body } = sent({
      messages: [says('user', text('x')), says('assistant', call('a', 'gone')), says('user', result('a'))],
    })
    expect(body.toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: 'gone', inputSchema: { json: { type: 'object' } } } }],
    })
  })

  test.each<[string, Partial<ModelRequest>, string, JsonObject | undefined, string[]]>([
    ['auto says nothing', { toolChoice: { type: 'auto' } }, SONNET, undefined, []],
    ['any', { toolChoice: { type: 'required' } }, SONNET, { any: {} }, []],
    ['one', { toolChoice: { type: 'tool', name: 'a' } }, NOVA, { tool: { name: 'a' } }, []],
    ['one that is not there', { toolChoice: { type: 'tool', name: 'z' } }, NOVA, undefined, ['tool_choice']],
    ['any, of a model that cannot be forced', { toolChoice: { type: 'required' } }, LLAMA, undefined, ['tool_choice']],
  ])('a choice: %s', (_name, changes, model, choice, dropped) => {
    const { body, dropped: lost } = sent({ tools: [tool('a')], ...changes }, model)
    expect([(body.toolConfig as JsonObject).toolChoice, lost]).toEqual([choice, dropped])
  })

  test('to be called by none are left out, unless the history holds calls', () => {
    const none = { tools: [tool('read')], toolChoice: { type: 'none' as const } }
    expect(sent(none)).toMatchObject({ dropped: ['tool_choice', 'tools[0]'] })
    expect(sent(none).body).not.toHaveProperty('toolConfig')
    const messages = [says('user', text('x')), says('assistant', call('a')), says('user', result('a'))]
    const { body, dropped } = sent({ ...none, messages })
    expect([Object.keys(body.toolConfig as JsonObject), dropped]).toEqual([['tools'], ['tool_choice']])
  })

  test.each([
    [SONNET, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, []],
    [NOVA, undefined, ['tool_choice.disable_parallel_tool_use']],
  ])('one at a time, for %s', (model, fields, dropped) => {
    const { body, dropped: lost } = sent({ tools: [tool('a')], parallelToolCalls: false }, model)
    expect([body.additionalModelRequestFields, lost]).toEqual([fields as JsonObject, dropped])
  })

  test('of Nova have schemas without references and further keywords', () => {
    const schema: JsonObject = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { at: { $ref: '#/$defs/place' }, tree: { $ref: '#/$defs/tree' } },
      required: ['at'],
      additionalProperties: false,
      $defs: {
        place: { type: 'string', enum: ['here', 'there'] },
        tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' } } },
      },
    }
    const { body } = sent({ tools: [{ ...tool('a'), schema }] }, NOVA)
    const [{ toolSpec }] = (body.toolConfig as { tools: [{ toolSpec: { inputSchema: { json: JsonObject } } }] }).tools
    const { json } = toolSpec.inputSchema
    expect(Object.keys(json)).toEqual(['type', 'properties', 'required'])
    expect(json).toMatchObject({ properties: { at: { type: 'string', enum: ['here', 'there'] } } })
    expect(JSON.stringify(json)).not.toContain('$ref')
  })

  test('of Nova say in their description what their schema cannot', () => {
    const schema = { type: 'object', description: 'Where.', anyOf: [{ properties: { a: { type: 'string' } } }] }
    const look = { type: 'function', name: 'look', description: 'Looks.', schema } as const
    expect((sent({ tools: [look] }, NOVA).body.toolConfig as JsonObject).tools).toEqual([
      {
        toolSpec: {
          name: 'look',
          description: 'Looks.\nWhere.\nOne of these forms: [{"properties":["a"],"required":[]}]',
          inputSchema: { json: { type: 'object', properties: { a: { type: 'string' } } } },
        },
      },
    ])
  })

  test('a web search is Nova’s own, and a clear error elsewhere', () => {
    const search = {
      type: 'server' as const,
      kind: 'web-search' as const,
      name: 'web_search',
      native: { protocol: 'anthropic-messages' as const, rest: { type: 'web_search_20250305' } },
    }
    expect(sent({ tools: [search] }, NOVA).body.toolConfig).toEqual({
      tools: [{ systemTool: { name: 'nova_grounding' } }],
    })
    expect(() => sent({ tools: [search] })).toThrow('has no web_search of its own')
    expect(sent({ tools: [search, tool('a')] }).dropped).toEqual(['tools[0]'])
  })
})

describe('cache points', () => {
  const marked: Partial<ModelRequest> = {
    system: [{ type: 'text', text: 'S', cache: { ttl: '1h' } }],
    tools: [{ ...tool('a'), cache: {} }],
    messages: [says('user', { type: 'text', text: 'x', cache: { ttl: '5m' } })],
  }
  const points = (model: string, traits?: Traits): [number, number] => {
    const { body, dropped } = sent(marked, model, traits)
    return [JSON.stringify(body).split('"cachePoint"').length - 1, dropped.length]
  }

  test.each<[string, Traits | undefined, [number, number]]>([
    [SONNET, undefined, [3, 0]],
    [PROFILE, undefined, [3, 0]],
    [NOVA, undefined, [2, 1]],
    [LLAMA, undefined, [0, 3]],
    [SONNET, { cacheControl: false }, [0, 3]],
  ])('%s %p', (model, traits, expected) => {
    expect(points(model, traits)).toEqual(expected)
  })

  test('stand behind what they end, with their time', () => {
    const { body } = sent(marked)
    expect(body).toMatchObject({
      system: [{ text: 'S' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [{ content: [{ text: 'x' }, { cachePoint: { type: 'default', ttl: '5m' } }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'a' } }, { cachePoint: { type: 'default' } }] },
    })
  })

  test('inside a result end the result', () => {
    const inner: Part = { type: 'tool-result', id: 'a', content: [{ type: 'text', text: 'R', cache: {} }] }
    const { messages } = sent({
      tools: [tool('read')],
      messages: [says('user', text('x')), says('assistant', call('a')), says('user', inner)],
    })
    expect(messages[2]?.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'R' }] } },
      { cachePoint: { type: 'default' } },
    ])
  })
})

describe('media', () => {
  const shown = (part: MediaPart, traits?: Traits) => {
    const { messages, dropped } = sent({ messages: [says('user', part)] }, SONNET, traits)
    return { content: messages[0]?.content as JsonObject[], dropped }
  }

  test.each([
    ['image/png', 'png'],
    ['image/jpg', 'jpeg'],
    ['IMAGE/JPEG; q=1', 'jpeg'],
    ['image/webp', 'webp'],
  ])('an image of %s is %s', (mediaType, format) => {
    expect(shown(image(mediaType))).toEqual({
      content: [{ image: { format, source: { bytes: 'AAAA' } } }],
      dropped: [],
    })
  })

  test.each<[string, MediaPart, Traits | undefined]>([
    ['a format that it does not know', image('image/bmp'), undefined],
    ['a URL', image('image/png', { type: 'url', url: 'https://example.com/a.png' }), undefined],
    ['a file of another provider', image('image/png', { type: 'file', id: 'f1' }), undefined],
    ['a model without eyes', image('image/png'), { images: false }],
  ])('what cannot be shown is said, and listed: %s', (_name, part, traits) => {
    expect(shown(part, traits)).toEqual({
      content: [{ text: '[image left out: this model cannot read it]' }],
      dropped: ['messages[0].content[0]'],
    })
  })

  test('a document has a name that Bedrock takes, another one each time, and words beside it', () => {
    const pdf = (title?: string): Part => ({
      type: 'media',
      kind: 'document',
      mediaType: 'application/pdf',
      source: { type: 'base64', data: 'JVBE' },
      ...(title !== undefined && { title }),
    })
    const { messages, dropped } = sent({
      messages: [says('user', pdf('a_b.pdf'), pdf('report'), pdf('report'), pdf(), pdf())],
    })
    const content = messages[0]?.content as { document?: { name: string } }[]
    expect(content.map(({ document }) => document?.name)).toEqual([
      'a-b-pdf',
      'report',
      'report 2',
      'document',
      'document 2',
      undefined,
    ])
    expect(content.at(-1)).toEqual({ text: '(see the attached file)' } as object)
    expect(dropped).toEqual(['messages[0].content[0].title', 'messages[0].content[2].title'])
  })

  test('a document of words is told as words', () => {
    const part: Part = { type: 'media', kind: 'document', source: { type: 'text', text: 'Words' }, title: 'Notes' }
    expect(sent({ messages: [says('user', part)] }).messages[0]?.content).toEqual([{ text: 'Notes\n\nWords' }])
  })

  test('a file in S3 is named', () => {
    const film: MediaPart = { type: 'media', kind: 'video', source: { type: 'url', url: 's3://bucket/film.webm' } }
    expect(shown(film).content).toEqual([
      { video: { format: 'webm', source: { s3Location: { uri: 's3://bucket/film.webm' } } } },
    ])
  })

  test('stand inside the result of a tool', () => {
    const seen: Part = {
      type: 'tool-result',
      id: 'a',
      content: [image('image/png'), { type: 'text', text: 'There.' }],
      isError: true,
    }
    const messages = [says('user', text('x')), says('assistant', call('a')), says('user', seen)]
    const content = (model: string): unknown => sent({ tools: [tool('read')], messages }, model).messages[2]?.content
    const shot = { image: { format: 'png', source: { bytes: 'AAAA' } } }
    expect(content(SONNET)).toEqual([
      { toolResult: { toolUseId: 'a', content: [shot, { text: 'There.' }], status: 'error' } },
    ])
    const told = { text: 'Error: the tool failed and said nothing' }
    expect(content(LLAMA)).toEqual([{ toolResult: { toolUseId: 'a', content: [told, shot, { text: 'There.' }] } }])
  })

  test('are nothing that the assistant could have sent', () => {
    const { messages, dropped } = sent({
      messages: [says('user', text('x')), says('assistant', image('image/png'), text('y'))],
    })
    expect([messages[1]?.content, dropped]).toEqual([[{ text: 'y' }], ['messages[1].content[0]']])
  })
})

test('Claude Code’s billing line is left out', () => {
  const system = [
    { type: 'text' as const, text: 'x-anthropic-billing-header: cc_version=1;' },
    { type: 'text' as const, text: 'Work.' },
  ]
  expect(sent({ system })).toMatchObject({ body: { system: [{ text: 'Work.' }] }, dropped: ['system[0]'] })
})

test.each<[string, JsonObject]>([
  ['messages: expected a list', { messages: 7 }],
  ['messages[0]: expected an object', { messages: [7] }],
  ['messages[0].role: expected a text', { messages: [{ content: [] }] }],
  ['messages[0].content[0]: expected an object', { messages: [{ role: 'user', content: ['x'] }] }],
  ['inferenceConfig.maxTokens: expected a number', { inferenceConfig: { maxTokens: 'x' } }],
  [
    'toolConfig.tools[0].toolSpec.name: expected a text',
    { toolConfig: { tools: [{ toolSpec: { inputSchema: { json: {} } } }] } },
  ],
])('a client’s body is refused with the place that cannot be read: %s', (message, body) => {
  const wire = { path: '/model/m/converse', query: '', headers: {}, body }
  expect(() => bedrockConverse.decodeRequest(wire)).toThrow(message)
})
