import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { parseJson } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import type { WireRequest } from '../../src/protocol/protocol.ts'
import {
  applyDialects,
  dialectFor,
  dialectNames,
  dialectStatus,
  editsAnswers,
  editsRequests,
  missingOption,
  traitsFor,
  unservedDialects,
} from '../../src/provider/dialect.ts'
import { limitsOf } from '../../src/provider/limits.ts'
import { policyOf } from '../../src/provider/policy.ts'
import type { DialectUse, Provider } from '../../src/provider/provider.ts'

type Use = string | [string, Record<string, unknown>]

const useOf = (use: Use): DialectUse =>
  typeof use === 'string' ? { name: use, options: {} } : { name: use[0], options: use[1] }

function providerWith(uses: readonly Use[], ofModels: Record<string, readonly Use[]> = {}): Provider {
  return {
    name: 'p',
    endpoints: [],
    models: [],
    dialects: uses.map(useOf),
    modelDialects: Object.fromEntries(Object.entries(ofModels).map(([model, list]) => [model, list.map(useOf)])),
    traits: {},
    headers: {},
    proxy: false,
    deadlines: {},
  }
}

const wireOf = (body: JsonObject): WireRequest => ({ path: '/x', query: '', headers: {}, body })

function edited(use: Use, body: JsonObject, protocol: ProtocolId = 'openai-chat', model = 'm'): JsonObject {
  const before = JSON.stringify(body)
  const { body: after } = applyDialects(wireOf(body), providerWith([use]), { provider: 'p', model, protocol })
  expect(JSON.stringify(body)).toBe(before)
  return after
}

const marked = (): JsonObject => ({
  model: 'm',
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] },
    { role: 'tool', tool_call_id: '1', content: 'b', cache_control: { type: 'ephemeral' } },
  ],
  tools: [
    { type: 'function', function: { name: 'f', parameters: { $schema: 's', properties: { cache_control: {} } } } },
  ],
})

describe('edits', () => {
  const cases: [string, Use, JsonObject, JsonObject, ProtocolId?, string?][] = [
    ['maxtoken lowers a higher limit', ['maxtoken', { max_tokens: 10 }], { max_tokens: 20 }, { max_tokens: 10 }],
    [
      'maxtoken takes its limit from text, too',
      ['maxtoken', { max_tokens: '10' }],
      { max_tokens: 20 },
      { max_tokens: 10 },
    ],
    [
      'maxtoken lowers both names',
      ['maxtoken', { max_tokens: 10 }],
      { max_completion_tokens: 20, max_tokens: 30 },
      { max_completion_tokens: 10, max_tokens: 10 },
    ],
    ['maxtoken leaves a lower limit', ['maxtoken', { max_tokens: 10 }], { max_tokens: 5 }, { max_tokens: 5 }],
    ['maxtoken adds no limit', ['maxtoken', { max_tokens: 10 }], {}, {}],
    [
      'maxtoken knows Responses',
      ['maxtoken', { max_tokens: 10 }],
      { max_output_tokens: 20 },
      { max_output_tokens: 10 },
      'openai-responses',
    ],
    [
      'maxtoken knows Gemini',
      ['maxtoken', { max_tokens: 10 }],
      { generationConfig: { maxOutputTokens: 20, topK: 1 } },
      { generationConfig: { maxOutputTokens: 10, topK: 1 } },
      'gemini',
    ],
    [
      'maxtoken lowers the thinking budget with it',
      ['maxtoken', { max_tokens: 2000 }],
      { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 8000 } },
      { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1999 } },
      'anthropic-messages',
    ],
    [
      'maxtoken ends thinking where no budget fits',
      ['maxtoken', { max_tokens: 1000 }],
      { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 8000 } },
      { max_tokens: 1000, thinking: { type: 'disabled' } },
      'anthropic-messages',
    ],
    [
      'maxtoken leaves adaptive thinking',
      ['maxtoken', { max_tokens: 1000 }],
      { max_tokens: 9000, thinking: { type: 'adaptive' } },
      { max_tokens: 1000, thinking: { type: 'adaptive' } },
      'anthropic-messages',
    ],
    ['maxcompletiontokens renames', 'maxcompletiontokens', { max_tokens: 5, a: 1 }, { a: 1, max_completion_tokens: 5 }],
    [
      'maxcompletiontokens keeps the new name if both are there',
      'maxcompletiontokens',
      { max_tokens: 5, max_completion_tokens: 6 },
      { max_completion_tokens: 6 },
    ],
    [
      'maxcompletiontokens leaves Anthropic alone',
      'maxcompletiontokens',
      { max_tokens: 5 },
      { max_tokens: 5 },
      'anthropic-messages',
    ],
    [
      'sampling caps and replaces',
      ['sampling', { max_tokens: 10, temperature: 0, top_p: 0.5, top_k: 4, repetition_penalty: 1.1 }],
      { max_tokens: 20, temperature: 1 },
      { max_tokens: 10, temperature: 0, top_p: 0.5, top_k: 4, repetition_penalty: 1.1 },
    ],
    [
      'sampling leaves out what Anthropic does not have',
      ['sampling', { top_k: 4, repetition_penalty: 1.1 }],
      { max_tokens: 20 },
      { max_tokens: 20, top_k: 4 },
      'anthropic-messages',
    ],
    [
      'sampling leaves out what Responses does not have',
      ['sampling', { top_k: 4, top_p: 1 }],
      {},
      { top_p: 1 },
      'openai-responses',
    ],
    [
      'sampling knows Gemini',
      ['sampling', { top_k: 4, max_tokens: 9 }],
      { generationConfig: { maxOutputTokens: 10 } },
      { generationConfig: { maxOutputTokens: 9, topK: 4 } },
      'gemini',
    ],
    ['sampling without options does nothing', 'sampling', { temperature: 1 }, { temperature: 1 }],
    [
      'customparams adds what is absent',
      ['customparams', { a: 1, b: [2] }],
      { model: 'm' },
      { model: 'm', a: 1, b: [2] },
    ],
    [
      'customparams does not override',
      ['customparams', { model: 'x', b: [2] }],
      { model: 'm', b: [] },
      { model: 'm', b: [] },
    ],
    [
      'customparams wins inside objects',
      ['customparams', { extra: { a: 1, deep: { x: 1 } } }],
      { extra: { a: 0, b: 2, deep: { y: 2 } } },
      { extra: { a: 1, b: 2, deep: { x: 1, y: 2 } } },
    ],
    [
      'streamoptions asks a stream for usage',
      'streamoptions',
      { stream: true, stream_options: { x: 1 } },
      { stream: true, stream_options: { x: 1, include_usage: true } },
    ],
    ['streamoptions leaves a whole answer alone', 'streamoptions', { stream: false }, { stream: false }],
    ['streamoptions leaves Anthropic alone', 'streamoptions', { stream: true }, { stream: true }, 'anthropic-messages'],
    [
      'deepseek caps the older chat model',
      'deepseek',
      { max_tokens: 128_000 },
      { max_tokens: 8192 },
      'openai-chat',
      'deepseek-chat',
    ],
    [
      'deepseek lets the reasoner say more',
      'deepseek',
      { max_tokens: 128_000 },
      { max_tokens: 65_536 },
      'openai-chat',
      'deepseek-reasoner',
    ],
    [
      'deepseek does not cap the newest',
      'deepseek',
      { max_tokens: 128_000 },
      { max_tokens: 128_000 },
      'openai-chat',
      'deepseek-v4-pro',
    ],
    [
      'openrouter adds its options',
      ['openrouter', { provider: { only: ['x'] } }],
      { model: 'm', provider: 1 },
      { model: 'm', provider: { only: ['x'] } },
    ],
    ['vercel adds its options', ['vercel', { order: ['x'] }], { model: 'm' }, { model: 'm', order: ['x'] }],
    [
      'cerebras removes `reasoning`',
      'cerebras',
      { reasoning: { effort: 'high' }, reasoning_effort: 'low' },
      { reasoning_effort: 'low' },
    ],
    [
      'reasoning says it in both ways',
      'reasoning',
      { thinking: { type: 'enabled' } },
      { thinking: { type: 'enabled' }, enable_thinking: true },
    ],
    [
      'reasoning understands an effort',
      'reasoning',
      { reasoning_effort: 'high' },
      { reasoning_effort: 'high', thinking: { type: 'enabled' }, enable_thinking: true },
    ],
    [
      'reasoning carries the budget',
      'reasoning',
      { reasoning: { max_tokens: 99 } },
      { thinking: { type: 'enabled', budget_tokens: 99 }, enable_thinking: true },
    ],
    ['reasoning is not asked for if the client did not', 'reasoning', { model: 'm' }, { model: 'm' }],
    [
      'reasoning that is off stays off',
      'reasoning',
      { thinking: { type: 'disabled' } },
      { thinking: { type: 'disabled' }, enable_thinking: false },
    ],
    [
      'reasoning {enable: false} switches off',
      ['reasoning', { enable: false }],
      { reasoning_effort: 'high', model: 'm' },
      { model: 'm', thinking: { type: 'disabled' }, enable_thinking: false },
    ],
    [
      'reasoning {enable: false} knows Anthropic',
      ['reasoning', { enable: false }],
      { thinking: { type: 'adaptive' } },
      { thinking: { type: 'disabled' } },
      'anthropic-messages',
    ],
    [
      'reasoning {enable: false} knows Gemini',
      ['reasoning', { enable: false }],
      { generationConfig: { topK: 1 } },
      { generationConfig: { topK: 1, thinkingConfig: { thinkingBudget: 0 } } },
      'gemini',
    ],
  ]
  test.each(cases.map(([title, ...rest]) => [title, rest] as const))(
    '%s',
    (_, [use, body, expected, protocol, model]) => {
      expect(edited(use, body, protocol, model)).toEqual(expected)
    },
  )

  test.each<[Use, string]>([
    ['cleancache', 'm'],
    ['groq', 'm'],
    ['openrouter', 'qwen/qwen3-coder'],
    ['vercel', 'openai/gpt-5'],
  ])('%s removes cache marks from messages and parts, for %s', (use, model) => {
    const { messages } = edited(use, marked(), 'openai-chat', model)
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
      { role: 'tool', tool_call_id: '1', content: 'b' },
    ])
  })

  test('openrouter keeps cache marks for Claude', () => {
    expect(edited('openrouter', marked(), 'openai-chat', 'anthropic/claude-opus-4.8')).toEqual(marked())
  })

  test('cleancache reaches every mark of an Anthropic body, and no argument of the same name', () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const body = {
      ...mark,
      system: [{ type: 'text', text: 's', ...mark }],
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'f', input: { ...mark } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: '1', ...mark, content: [{ type: 'text', text: 'r', ...mark }] },
          ],
        },
      ],
      tools: [{ name: 'f', ...mark, input_schema: { properties: { ...mark } } }],
    }
    expect(edited('cleancache', body, 'anthropic-messages')).toEqual({
      system: [{ type: 'text', text: 's' }],
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'f', input: { ...mark } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: [{ type: 'text', text: 'r' }] }] },
      ],
      tools: [{ name: 'f', input_schema: { properties: { ...mark } } }],
    })
  })

  test('groq removes `$schema` of a tool and keeps the rest of its schema', () => {
    expect(edited('groq', marked())['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: { properties: { cache_control: {} } } } },
    ])
  })

  test('a limit that was kept as it was written is lowered, too', () => {
    const body = parseJson('{"max_tokens":12345678901234567890}') as JsonObject
    expect(edited(['maxtoken', { max_tokens: 10 }], body)).toEqual({ max_tokens: 10 })
  })

  test('dialects of the model act after those of the provider', () => {
    const provider = providerWith([['customparams', { a: 1 }]], { m: [['openrouter', { a: 2 }]] })
    const at = (model: string) =>
      applyDialects(wireOf({}), provider, { provider: 'p', model, protocol: 'openai-chat' }).body
    expect([at('m'), at('n')]).toEqual([{ a: 2 }, { a: 1 }])
  })

  test.each(dialectNames())('%s survives an empty body and odd shapes of every protocol', (name) => {
    const odd: JsonObject[] = [
      {},
      { messages: 'x', tools: 1, system: null },
      {
        messages: [null, 1, 'x', { content: [null] }],
        tools: [null, { function: null }],
        generationConfig: 3,
        thinking: [],
      },
    ]
    for (const protocol of ['openai-chat', 'anthropic-messages', 'openai-responses', 'gemini'] as const) {
      for (const body of odd) expect(edited(name, body, protocol)).toBeObject()
    }
  })
})

describe('what stays on the relay path', () => {
  test.each<[Use]>([
    ['Anthropic'],
    [['Anthropic', { UseBearer: true }]],
    ['OpenAI'],
    ['gemini'],
    ['openai-responses'],
    [['maxtoken', {}]],
  ])('%j edits nothing', (use) => {
    expect(editsRequests(providerWith([use]), 'm')).toBeFalse()
  })

  test.each<[Use]>([['cleancache'], [['maxtoken', { max_tokens: 1 }]], ['openrouter'], ['deepseek']])(
    '%j edits',
    (use) => {
      expect(editsRequests(providerWith([use]), 'm')).toBeTrue()
    },
  )

  test.each<[ProtocolId, boolean]>([
    ['openai-chat', true],
    ['anthropic-messages', false],
  ])('what edits answers does so in %s: %p', (protocol, edits) => {
    expect(editsAnswers(providerWith(['extrathinktag']), 'm', protocol)).toBe(edits)
    expect(editsAnswers(providerWith(['cleancache']), 'm', protocol)).toBeFalse()
  })

  test('a dialect of another model edits nothing', () => {
    expect(editsRequests(providerWith([], { other: ['cleancache'] }), 'm')).toBeFalse()
  })

  test('a request that needs no edit is the very same object', () => {
    const wire = wireOf({ max_tokens: 5, messages: [{ role: 'user', content: 'a' }] })
    const provider = providerWith([
      'cleancache',
      ['maxtoken', { max_tokens: 9 }],
      'streamoptions',
      'groq',
      'openrouter',
      'sampling',
    ])
    expect(applyDialects(wire, provider, { provider: 'p', model: 'm', protocol: 'openai-chat' })).toBe(wire)
  })
})

describe('traits', () => {
  test.each<[Use, string, object]>([
    [['maxtoken', { max_tokens: 10 }], 'm', { maxOutputTokens: 10 }],
    ['maxcompletiontokens', 'm', { maxTokensField: 'max_completion_tokens' }],
    [
      'deepseek',
      'deepseek-chat',
      { maxOutputTokens: 8192, reasoningReplay: 'reasoning_content', reasoningRequest: 'none' },
    ],
    [
      'deepseek',
      'deepseek-v4-pro',
      { reasoningReplay: 'reasoning_content', reasoningRequest: 'thinking', efforts: ['low', 'high', 'max'] },
    ],
    [
      'openrouter',
      'anthropic/claude-opus-4.8',
      { reasoningRequest: 'openrouter', reasoningReplay: 'reasoning', cacheControl: true },
    ],
    ['vercel', 'openai/gpt-5', { reasoningRequest: 'openrouter', reasoningReplay: 'reasoning', cacheControl: false }],
    [
      'groq',
      'openai/gpt-oss-120b',
      { cacheControl: false, reasoningReplay: 'none', reasoningRequest: 'effort', efforts: ['low', 'medium', 'high'] },
    ],
    ['groq', 'llama-3.3-70b', { cacheControl: false, reasoningReplay: 'none', reasoningRequest: 'none' }],
    [
      'cerebras',
      'gpt-oss-120b',
      { cacheControl: false, reasoningReplay: 'none', reasoningRequest: 'effort', efforts: ['low', 'medium', 'high'] },
    ],
    ['reasoning', 'm', { reasoningRequest: 'thinking', reasoningReplay: 'reasoning_content' }],
    ['cleancache', 'm', { cacheControl: false }],
    ['Anthropic', 'm', {}],
  ])('%j for %s: %j', (use, model, traits) => {
    expect(traitsFor(providerWith([use]), model)).toEqual({
      ...limitsOf(model),
      ...policyOf(model, {}).traits,
      ...traits,
    })
  })

  test('later ones win: row, provider, model', () => {
    const provider = {
      ...providerWith([['maxtoken', { max_tokens: 10 }]], { m: [['maxtoken', { max_tokens: 5 }]] }),
      traits: { maxOutputTokens: 20, images: false },
    }
    expect([traitsFor(provider, 'm'), traitsFor(provider, 'n')]).toEqual([
      { maxOutputTokens: 5, images: false },
      { maxOutputTokens: 10, images: false },
    ])
  })
})

describe('names', () => {
  test.each([
    ['openrouter', { status: 'served', exact: 'openrouter' }],
    ['OpenRouter', { status: 'served', exact: 'openrouter' }],
    ['anthropic', { status: 'served', exact: 'Anthropic' }],
    ['Gemini-CLI', { status: 'unserved', exact: 'gemini-cli' }],
    ['my-plugin', { status: 'unknown' }],
    ['constructor', { status: 'unknown' }],
    ['__proto__', { status: 'unknown' }],
  ])('%s is %j', (name, status) => {
    expect(dialectStatus(name)).toEqual(status as ReturnType<typeof dialectStatus>)
  })

  test('what is not served is told by provider and model, and the rest works', () => {
    const provider = providerWith(['deepseek', 'gemini-cli'], { m: ['my-plugin'] })
    expect(unservedDialects(provider, 'm')).toEqual(['gemini-cli', 'my-plugin'])
    expect(unservedDialects(provider, 'constructor')).toEqual(['gemini-cli'])
    expect(dialectFor({ name: 'gemini-cli', options: {} })).toBeUndefined()
  })

  test('a dialect that does nothing without an option says so', () => {
    expect(missingOption(useOf('MaxToken'))).toBe('max_tokens')
    expect(missingOption(useOf(['maxtoken', { max_tokens: 1 }]))).toBeUndefined()
  })
})

describe('what is added to requests', () => {
  const tools = [{ type: 'function', function: { name: 'Read', parameters: {} } }]
  const messages = [{ role: 'user', content: 'hi' }]

  test('tooluse makes the model call a tool, and gives it one to end with', () => {
    const {
      messages: sent,
      tools: offered,
      tool_choice,
    } = edited('tooluse', { messages, tools }) as Record<string, never[]>
    expect(sent).toHaveLength(2)
    expect(sent?.[1]).toMatchObject({ role: 'system' })
    expect(offered).toMatchObject([tools[0] as object, { function: { name: 'ExitTool' } }])
    expect(tool_choice as unknown).toBe('required')
  })

  test.each<[string, JsonObject]>([
    ['there are no tools', { messages }],
    ['tools are forbidden', { messages, tools, tool_choice: 'none' }],
    ['one tool is forced', { messages, tools, tool_choice: { type: 'function', function: { name: 'Read' } } }],
    ['a tool of the client has that name', { messages, tools: [{ type: 'function', function: { name: 'ExitTool' } }] }],
  ])('tooluse leaves a request alone where %s', (_, body) => {
    expect(edited('tooluse', body)).toBe(body)
  })

  test('forcereasoning asks for thoughts behind the last prompt and puts earlier ones into their messages', () => {
    const body = {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b', reasoning_content: 'why b' },
        { role: 'assistant', content: null, reasoning_content: ' ', tool_calls: [] },
        { role: 'user', content: [{ type: 'text', text: 'c' }] },
      ],
    }
    const { messages: sent } = edited('forcereasoning', body)
    expect(sent).toMatchObject([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '<reasoning_content>why b</reasoning_content>\nb' },
      { role: 'assistant', content: null },
      { role: 'user', content: [{ text: 'c' }, { text: expect.stringContaining('<reasoning_content>') }] },
    ])
    expect(JSON.stringify(sent)).not.toContain('"reasoning_content"')
  })

  test('forcereasoning asks in a message of its own behind a tool result', () => {
    const { messages: sent } = edited('forcereasoning', {
      messages: [{ role: 'tool', tool_call_id: '1', content: 'r' }],
    })
    expect(sent).toMatchObject([{ role: 'tool' }, { role: 'user' }])
  })
})
