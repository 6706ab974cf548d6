import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { json, stream } from '../helper/answer.ts'
import { sse } from '../helper/turn-parts.ts'
import { createScene, PROTOCOLS, tool, toolTurn, type Loose, type SpokenProtocol } from './scene.ts'
import { faultsIn, strictly } from './strict.ts'
import { callsOf, textOf, type Told } from './told.ts'

describe('pains #1: a schema of any tool is accepted by every provider', () => {
  test.each(PROTOCOLS)('pains #1: keywords that a provider does not know never reach it (%s)', async (protocol) => {
    await using scene = await createScene(protocol, strictly({ text: 'Hello' }))
    const tools = AGENT_SCHEMAS.map((input_schema, index) => ({ name: `tool_${index}`, input_schema }))
    expect(textOf(await scene.ask({ tools }))).toBe('Hello')
    expect(scene.upstream.requests).toHaveLength(1)
    if (protocol !== 'gemini') return
    const named = JSON.stringify(scene.sent())
    for (const word of ['"const":{', '"$ref":{', '"additionalProperties":{"type"', '"type":{"type"'])
      expect(named).toContain(word)
    for (const word of ['$schema', 'exclusiveMinimum":0', 'propertyNames":{"pattern']) expect(named).not.toContain(word)
    for (const said of ['greater than 0', 'one of']) expect(named).toContain(said)
  })

  test('pains #1: of 200 random schemas Gemini gets its own keywords alone, and every property by its name', async () => {
    await using scene = await createScene('gemini', strictly({ text: 'Hello' }))
    const schemas = fc.sample(objectSchema, { numRuns: 200, seed: 7 })
    for (let at = 0; at < schemas.length; at += 50) {
      const tools = schemas.slice(at, at + 50).map((input_schema, index) => ({ name: `t${index}`, input_schema }))
      expect(textOf(await scene.ask({ tools }))).toBe('Hello')
      const declared = [...(scene.sent()['tools']?.[0]?.['functionDeclarations'] ?? [])]
      tools.forEach(({ input_schema }, index) => {
        const names = Object.keys((input_schema as { properties: object }).properties)
        expect(Object.keys(declared[index]?.['parameters']?.['properties'] ?? {}).toSorted()).toEqual(names.toSorted())
      })
    }
  })
})

describe('pains #4: parallel tool calls', () => {
  test('pains #4: in any interleaving arrive whole, one block at a time', async () => {
    await fc.assert(
      fc.asyncProperty(interleaved, async ({ calls, order }) => {
        const pieces = calls.map(({ input }) => cut(JSON.stringify(input), 3))
        const frames = calls.map(({ name }, index) => callFrame(index, { id: `call_${index}`, name, arguments: '' }))
        const places = calls.map(() => 0)
        for (const turn of order) {
          const index = turn % calls.length
          const piece = pieces[index]?.[places[index] ?? 0]
          if (piece === undefined) continue
          places[index] = (places[index] ?? 0) + 1
          frames.push(callFrame(index, { arguments: piece }))
        }
        pieces.forEach((all, index) =>
          frames.push(...all.slice(places[index]).map((piece) => callFrame(index, { arguments: piece }))),
        )
        await using scene = await createScene('openai-chat', () =>
          stream([...frames, finishFrame('tool_calls'), 'data: [DONE]\n\n']),
        )
        const told = await scene.ask({ tools: calls.map(({ name }) => tool(name)) })
        expect(callsOf(told).map(({ name, input }) => ({ name, input }))).toEqual(calls as never)
        expect(told.stopReason).toBe('tool_use')
      }),
      { numRuns: 25, seed: 4 },
    )
  })

  test.each(PROTOCOLS)(
    'pains #4: three at once keep their arguments and get ids of their own (%s)',
    async (protocol) => {
      const calls = ['a', 'b', 'c'].map((path) => ({ name: 'read', input: { path } }))
      await using scene = await createScene(protocol, { text: 'Reading.', calls })
      for (const streams of [true, false]) {
        const told = await scene.ask({ stream: streams, tools: [tool('read')] })
        expect(callsOf(told).map(({ input }) => input as object)).toEqual(calls.map(({ input }) => input))
        expect(new Set(callsOf(told).map(({ id }) => id)).size).toBe(3)
      }
    },
  )
})

describe('pains #33: a forced tool and thinking', () => {
  const choices = [{ type: 'auto' }, { type: 'any' }, { type: 'tool', name: 'read' }, { type: 'none' }]
  const thinkings = [undefined, { type: 'enabled', budget_tokens: 2000 }, { type: 'adaptive' }, { type: 'disabled' }]
  const styles: [SpokenProtocol, string, object][] = [
    ['openai-chat', 'gpt-5.1', {}],
    ['openai-chat', 'deepseek-v4', { reasoningRequest: 'thinking' }],
    ['openai-chat', 'z-ai/glm-5', { reasoningRequest: 'openrouter' }],
    ['openai-chat', 'qwen3', { reasoningRequest: 'enable-thinking' }],
    ['gemini', 'gemini-2.5-pro', {}],
    ['gemini', 'gemini-3-pro', {}],
  ]
  const table = styles.flatMap((style) => choices.map((choice) => [...style, choice] as const))
  test.each(table)(
    'pains #33: never exclude each other on %s %s %p with %p',
    async (protocol, model, traits, tool_choice) => {
      await using scene = await createScene(
        protocol,
        { calls: [{ name: 'read', input: { path: 'a' } }] },
        { model, provider: { traits } },
      )
      for (const thinking of thinkings) {
        const told = await scene.ask({ tools: [tool('read')], tool_choice, ...(thinking && { thinking }) })
        expect(callsOf(told)[0]?.name).toBe('read')
        const body = scene.sent()
        expect(forcedOf(body)).toBe(FORCED[tool_choice.type as keyof typeof FORCED])
        expect(conflicts(body)).toBe(false)
      }
    },
  )
})

test.each([
  'Thinking may not be enabled when tool_choice forces tool use.',
  'tool_choice "required" is incompatible with thinking enabled',
])(
  'pains #33: a relayed request goes once more without thinking where the provider refuses both: %s',
  async (message) => {
    const refusal = { type: 'error', error: { type: 'invalid_request_error', message } }
    await using scene = await createScene('anthropic-messages', (request) =>
      /"thinking":{"type":"(enabled|adaptive)/.test(request.text)
        ? json(refusal, 400)
        : { calls: [{ name: 'read', input: {} }] },
    )
    const told = await scene.ask({
      tools: [tool('read')],
      tool_choice: { type: 'any' },
      thinking: { type: 'adaptive' },
    })
    expect(callsOf(told)).toHaveLength(1)
    expect(scene.sent()['tool_choice'] as unknown).toEqual({ type: 'any' })
    // It is this call alone that cannot think.
    await scene.ask({ tools: [tool('read')], thinking: { type: 'adaptive' } })
    expect(scene.sent(2)['thinking'] as unknown).toEqual({ type: 'adaptive' })
  },
)

describe('pains #35: broken arguments', () => {
  const [A, B] = ['{"path":"a"}', '{"path":"b"}']
  const one = (...texts: string[]) =>
    texts.map((text, at) => callFrame(0, at === 0 ? { id: 'c1', name: 'read', arguments: text } : { arguments: text }))
  // What comes → the arguments that the client can run; `null`: a call whose arguments it can tell are broken.
  const patterns: [name: string, frames: string[], expected: (object | null)[]][] = [
    ['whole', one(A), [{ path: 'a' }]],
    ['in two pieces', one('{"path"', ':"a"}'), [{ path: 'a' }]],
    ['a letter at a time', one(...A), [{ path: 'a' }]],
    ['empty, then whole', one('', A), [{ path: 'a' }]],
    ['{} and then the real ones', one('{}', A), [{ path: 'a' }]],
    ['{} and then the real ones in pieces', one('{}', '{"path"', ':"a"}'), [{ path: 'a' }]],
    ['{} glued to the real ones', one(`{}${A}`), [{ path: 'a' }]],
    ['twice', one(A, A), [{ path: 'a' }]],
    ['twice in one delta', one(A + A), [{ path: 'a' }]],
    ['three times', one(A, A, A), [{ path: 'a' }]],
    ['whole, then {}', one(A, '{}'), [{ path: 'a' }]],
    ['whole, then nothing and spaces', one(A, '', '  \n'), [{ path: 'a' }]],
    ['spaces around', one(`  ${A} \n`), [{ path: 'a' }]],
    ['nothing at all', one(''), [{}]],
    ['null', one('null'), [{}]],
    ['a growing text that begins anew', one('{"path"', '{"path":"a"}'), [null]],
    ['cut off', one('{"path":"a'), [null]],
    ['no JSON', one('path: a'), [null]],
    ['a quoted object', one(JSON.stringify(A)), [{ path: 'a' }]],
    ['a list', one('["a"]'), [null]],
    ['trailing words', one(`${A} and so on`), [null]],
    ['two objects of one call', one(A + B), [{ path: 'a' }, { path: 'b' }]],
    [
      'two calls on one index',
      [...one(A), callFrame(0, { id: 'c2', name: 'read', arguments: B })],
      [{ path: 'a' }, { path: 'b' }],
    ],
    [
      'two calls without index',
      [
        callFrame(undefined, { id: 'c1', name: 'read', arguments: A }),
        callFrame(undefined, { id: 'c2', name: 'read', arguments: B }),
      ],
      [{ path: 'a' }, { path: 'b' }],
    ],
    [
      'two calls without index and id',
      [callFrame(undefined, { name: 'read', arguments: A }), callFrame(undefined, { name: 'read', arguments: B })],
      [{ path: 'a' }, { path: 'b' }],
    ],
    [
      'the name in each delta',
      [
        callFrame(0, { id: 'c1', name: 'read', arguments: '{"path"' }),
        callFrame(0, { id: 'c1', name: 'read', arguments: ':"a"}' }),
      ],
      [{ path: 'a' }],
    ],
    [
      'an object instead of a text',
      [
        sse({
          choices: [
            {
              index: 0,
              delta: { tool_calls: [{ index: 0, id: 'c1', function: { name: 'read', arguments: { path: 'a' } } }] },
            },
          ],
        }),
      ],
      [{ path: 'a' }],
    ],
    [
      'the second call under the first index',
      [...one(A), callFrame(1, { id: 'c2', name: 'read', arguments: '' }), callFrame(0, { id: 'c2', arguments: B })],
      [{ path: 'a' }, { path: 'b' }],
    ],
  ]
  test.each(patterns)('pains #35: %s', async (_name, frames, expected) => {
    await using scene = await createScene('openai-chat', (request) =>
      request.text.includes('tool_call_id') || request.text.includes('Unparsed')
        ? strictly({ text: 'Thanks' })(request)
        : stream([...frames, finishFrame('tool_calls'), 'data: [DONE]\n\n']),
    )
    const told = await scene.ask({ tools: [tool('read')] })
    const inputs = callsOf(told).map(({ input }) => (typeof input === 'string' || Array.isArray(input) ? null : input))
    expect(inputs as never).toEqual(expected as never)
    // What the client makes of it goes back: Claude Code wraps what it could not parse.
    const next = await scene.ask({ messages: replayed(told), tools: [tool('read')] })
    expect(next.error).toBeUndefined()
    expect(textOf(next)).toBe('Thanks')
  })

  test.each(PROTOCOLS)('pains #35: what a client brings back of them is accepted (%s)', async (protocol) => {
    await using scene = await createScene(protocol, strictly({ text: 'Fine' }))
    const messages = [
      { role: 'user', content: 'Hi' },
      ...toolTurn([
        { id: 'toolu_1', name: 'read', input: { __unparsedToolInput: { raw: '{"a' } }, result: 'InputValidationError' },
      ]),
    ]
    expect(textOf(await scene.ask({ messages, tools: [tool('read')] }))).toBe('Fine')
  })
})

describe('pains #47: names and ids of tools', () => {
  const LONG = `mcp__server.with.dots__${'x'.repeat(177)}`
  const NAMES = [
    LONG,
    `${LONG.slice(0, -1)}y`,
    'a.b/c',
    'a_b_c',
    'führe aus',
    'plain',
    '9starts_with_a_digit',
    'functions.web_fetch:0',
  ]
  test.each(PROTOCOLS)(
    'pains #47: are such as the provider accepts, and the client sees its own (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, (request) => {
        const answer = strictly({ text: 'no' })(request)
        return protocol !== 'anthropic-messages' && answer.status !== 200
          ? answer
          : { calls: namesIn(JSON.parse(request.text)).map((name) => ({ name, input: {} })) }
      })
      const history = toolTurn(NAMES.map((name, index) => ({ id: `toolu_${index}`, name })))
      const body = { tools: NAMES.map((name) => tool(name)), messages: [{ role: 'user', content: 'Hi' }, ...history] }
      const told = await scene.ask(body)
      expect(told.error).toBeUndefined()
      expect(callsOf(told).map(({ name }) => name)).toEqual(NAMES)
      if (protocol === 'anthropic-messages') return
      const sent = namesIn(scene.sent())
      expect(new Set(sent).size).toBe(NAMES.length)
      for (const name of sent)
        expect(name).toMatch(protocol === 'gemini' ? /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/ : /^[A-Za-z0-9_-]{1,64}$/)
      // The same in every turn, else the prefix would change.
      await scene.ask(body)
      expect(scene.sent(1)).toEqual(scene.sent(0))
    },
  )

  test.each(['functions.read:0', 'call|with|bars', `call_${'9'.repeat(100)}`, 'ccrx-a', 'ü'])(
    'pains #47: the id %p is told in letters that Claude Code may send anywhere, and comes home',
    async (id) => {
      await using scene = await createScene(
        'openai-chat',
        { calls: [{ name: 'read', input: {}, id }] },
        { model: 'kimi-k2' },
      )
      const told = await scene.ask({ tools: [tool('read')] })
      expect(callsOf(told)[0]?.id).toMatch(/^[a-zA-Z0-9_-]+$/)
      await scene.ask({ messages: replayed(told), tools: [tool('read')] })
      const [, called, answered] = scene.sent()['messages']
      expect(answered?.['tool_call_id']).toBe(called?.['tool_calls']?.[0]?.['id'])
      expect(
        faultsIn({ path: '/chat/completions', text: JSON.stringify(scene.sent()).replaceAll('functions.read:0', 'x') }),
      ).toEqual([])
      if (id === 'functions.read:0') expect(answered?.['tool_call_id'] as string).toBe(id)
    },
  )
})

describe('pains #46: a web search', () => {
  const search = {
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
    messages: [{ role: 'user', content: 'Perform a web search for: bun' }],
  }
  test('pains #46: is Google’s own on Gemini, and what it found is to be seen', async () => {
    const chunk = {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Bun is a runtime.' }] },
          finishReason: 'STOP',
          groundingMetadata: {
            webSearchQueries: ['bun'],
            groundingChunks: [{ web: { uri: 'https://bun.example/', title: 'Bun' } }],
          },
        },
      ],
    }
    await using scene = await createScene(
      'gemini',
      ({ path }) => (path.includes('stream') ? stream([sse(chunk)]) : json(chunk)),
      { model: 'gemini-2.5-flash' },
    )
    for (const streams of [true, false]) {
      const told = await scene.ask({ ...search, stream: streams })
      expect(scene.sent()['tools'] as unknown).toEqual([{ googleSearch: {} }])
      expect(textOf(told)).toBe('Bun is a runtime.')
      expect(told.content.slice(1)).toMatchObject([
        { type: 'server_tool_use', name: 'web_search', input: { query: 'bun' } },
        { type: 'web_search_tool_result', content: [{ url: 'https://bun.example/', title: 'Bun' }] },
      ] as never)
      expect(told.stopReason).toBe('end_turn')
    }
  })

  test.each(['openai-chat', 'gemini'] as const)('pains #46: is never an empty success (%s)', async (protocol) => {
    await using scene = await createScene(protocol, {})
    for (const streams of [true, false]) {
      const told = await scene.ask({ ...search, stream: streams })
      expect(told.error?.message).toContain('mock (')
    }
  })

  test('pains #46: of a provider that has none is an error that says what to set', async () => {
    await using scene = await createScene('openai-chat', { text: 'made up' })
    const told = await scene.ask(search)
    expect(told).toMatchObject({
      status: 400,
      error: { type: 'invalid_request_error', message: expect.stringContaining('Router.webSearch') },
    })
    expect(scene.upstream.requests).toHaveLength(0)
  })
})

/** Schemas like those of the tools of coding agents, with all that was ever refused. */
const AGENT_SCHEMAS: object[] = [
  {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { timeout: { type: 'number', exclusiveMinimum: 0 } },
    additionalProperties: false,
  },
  {
    type: 'object',
    properties: {
      const: { type: 'string' },
      $ref: { type: 'string' },
      type: { type: 'string' },
      additionalProperties: { type: 'boolean' },
    },
    required: ['const', 'const', 'ghost'],
  },
  {
    type: 'object',
    properties: {
      headers: { type: 'object', propertyNames: { pattern: '^x-' }, additionalProperties: { type: 'string' } },
    },
  },
  {
    type: 'object',
    properties: { mode: { const: 'fast' }, lines: { type: ['integer', 'null'] }, any: {} },
    minProperties: 1,
  },
  {
    type: 'object',
    properties: { at: { $ref: '#/$defs/place' } },
    $defs: { place: { type: 'object', properties: { next: { $ref: '#/$defs/place' } } } },
  },
  {
    type: 'object',
    properties: {
      edits: {
        type: 'array',
        items: { oneOf: [{ type: 'string' }, { type: 'object', properties: { old: { type: 'string' } } }] },
        uniqueItems: true,
      },
    },
  },
  {
    type: 'object',
    properties: {
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
      list: { type: 'array' },
    },
  },
  {
    type: 'object',
    properties: { size: { type: 'integer', enum: [1, 2] } },
    if: { required: ['size'] },
    else: {},
    dependentRequired: { size: ['x'] },
  },
  { type: 'object', properties: {}, patternProperties: { '^a': { type: 'string' } } },
  {
    anyOf: [
      { type: 'object', properties: { a: { type: 'string' } } },
      { type: 'object', properties: { b: { type: 'string' } } },
    ],
  },
]

const NAME_POOL = ['path', 'const', '$ref', 'type', 'items', 'a-b', 'properties', 'enum', 'required', 'é']
const { schema } = fc.letrec<{ schema: object; object: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'number', 'boolean', ['string', 'null']),
        format: fc.constantFrom('uri', 'date-time', 'int32'),
        exclusiveMinimum: fc.integer(),
        pattern: fc.constant('^a'),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ const: fc.constantFrom('a', 1, null, true) }),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom('a', 'b', 3, null), { minLength: 1 }) }),
    fc.record(
      { type: fc.constant('array'), items: tie('schema'), uniqueItems: fc.boolean(), contains: tie('schema') },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      { anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), title: fc.constant('T') },
      { requiredKeys: ['anyOf'] },
    ),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('schema'), $comment: fc.string() }),
    fc.constant({ $ref: '#/$defs/shared' }),
    tie('object'),
  ),
  object: fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom(...NAME_POOL), tie('schema'), { minKeys: 1, maxKeys: 4 }),
      required: fc.array(fc.constantFrom(...NAME_POOL)),
      additionalProperties: fc.boolean(),
      propertyNames: tie('schema'),
      unevaluatedProperties: fc.boolean(),
    },
    { requiredKeys: ['type', 'properties'] },
  ),
}))
const objectSchema = fc
  .tuple(fc.dictionary(fc.constantFrom(...NAME_POOL), schema, { minKeys: 1, maxKeys: 5 }), schema)
  .map(([properties, shared]) => ({ type: 'object', properties, $defs: { shared } }))

const interleaved = fc.record({
  calls: fc
    .array(
      fc.record({
        name: fc.constantFrom('read', 'write'),
        input: fc.record({ path: fc.string(), deep: fc.jsonValue({ maxDepth: 1 }) }),
      }),
      { minLength: 2, maxLength: 4 },
    )
    .map((calls) => JSON.parse(JSON.stringify(calls)) as { name: string; input: object }[]),
  order: fc.array(fc.nat(99), { maxLength: 60 }),
})

function cut(text: string, size: number): string[] {
  const letters = [...text]
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, at) =>
    letters.slice(at * size, (at + 1) * size).join(''),
  )
}

function callFrame(
  index: number | undefined,
  { id, ...told }: { id?: string; name?: string; arguments?: string },
): string {
  const call = {
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id, type: 'function' }),
    function: told,
  }
  return sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: { tool_calls: [call] } }] })
}

function finishFrame(finish_reason: string): string {
  return sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason }] })
}

/** The conversation with an answer brought back and its calls answered, as Claude Code does it. */
function replayed(told: Told): object[] {
  const content = told.content.map((block) =>
    block.type === 'tool_use' && (typeof block.input !== 'object' || Array.isArray(block.input))
      ? { ...block, input: { __unparsedToolInput: { raw: JSON.stringify(block.input) } } }
      : block,
  )
  const results = callsOf(told).map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }))
  return [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content },
    { role: 'user', content: results.length > 0 ? results : 'Unparsed' },
  ]
}

const FORCED = { auto: undefined, none: 'none', any: 'any', tool: 'read' }

/** Which use of tools a request demands, in any protocol. */
function forcedOf(body: Loose): string | undefined {
  const choice = body['tool_choice'] ?? body['toolConfig']?.['functionCallingConfig']
  if (choice === undefined || choice === 'auto' || choice['type'] === 'auto' || choice['mode'] === 'AUTO')
    return undefined
  const named =
    typeof choice === 'string'
      ? undefined
      : (choice['name'] ?? choice['function']?.['name'] ?? choice['allowedFunctionNames']?.[0])
  if (named !== undefined) return named
  const word = typeof choice === 'string' ? choice : String(choice['type'] ?? choice['mode']).toLowerCase()
  return word === 'required' ? 'any' : word
}

/** Whether a request forces a tool and asks for thinking where that is refused. */
function conflicts(body: Loose): boolean {
  const forced = ['any', 'read'].includes(String(forcedOf(body)))
  return (
    forced &&
    (['enabled', 'adaptive'].includes(String(body['thinking']?.['type'])) ||
      (body['enable_thinking'] as unknown) === true)
  )
}

function namesIn(body: Loose): string[] {
  return [...(body['tools'] ?? [])].flatMap((item) =>
    item['functionDeclarations']
      ? [...item['functionDeclarations']].map(({ name }) => name)
      : [(item['function'] ?? item)['name']],
  )
}
