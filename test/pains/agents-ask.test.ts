import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post } from '../helper/gateway.ts'
import type { Step } from './agent.ts'
import { createAgentScene, EACH, faultsOf, PAIRS } from './agent-scene.ts'
import { AGENTS } from './agents.ts'
import { faultsIn } from './strict.ts'

const SCHEMA = { type: 'object', properties: { path: { type: 'string' } } }
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const HELLO = { text: 'Hello' }

/** A turn with tools, and its results. */
const called = (...names: readonly string[]): Step[] => [
  { says: 'Go' },
  { answers: 'Reading.', calls: names.map((name, at) => ({ id: `call_${at}`, name, input: { path: name } })) },
  { results: names.map((name, at) => ({ id: `call_${at}`, name, text: `Done ${at}.` })) },
]

describe('an agent of every protocol before a provider of every other', () => {
  test.each(PAIRS)('pains #1: %s: any schema of a tool is accepted by %s', async (_agent, provider, agent, model) => {
    await using scene = await createAgentScene(provider, HELLO, model)
    const tools = SCHEMAS.map((schema, index) => ({ name: `tool_${index}`, schema }))
    const told = await scene.ask(agent, { tools })
    expect([told.error, told.text]).toEqual([undefined, 'Hello'])
    expect(scene.upstream.requests).toHaveLength(1)
  })

  test.each(PAIRS)(
    'pains #13: %s: fields that nobody knows do not reach %s, and are told',
    async (_, provider, agent, model) => {
      await using scene = await createAgentScene(provider, HELLO, model)
      const invented = { output_shape: { a: 1 }, mcp_hints: ['x'], speed: 'fast', per_turn_control: true, beam: 3 }
      const told = await scene.ask(agent, { more: invented })
      expect([told.error, told.text]).toEqual([undefined, 'Hello'])
      // Gemini's own names are in camel case, and either is read.
      const names = Object.keys(invented).map((name) =>
        agent.protocol === 'gemini' ? name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase()) : name,
      )
      for (const name of names) expect(told.headers.get('x-ccr-dropped')).toContain(name)
    },
  )

  test.each(PAIRS)(
    'pains #30: %s: an image in a tool result is shown to %s exactly once',
    async (_, provider, agent, model) => {
      await using scene = await createAgentScene(provider, HELLO, model)
      const steps: Step[] = [
        { says: 'Look' },
        { answers: 'Looking.', calls: [{ id: 'call_1', name: 'look', input: {} }] },
        { results: [{ id: 'call_1', name: 'look', text: 'Here.', image: PNG }] },
      ]
      const told = await scene.ask(agent, { steps, tools: [{ name: 'look', schema: SCHEMA }] })
      expect([told.error, told.text]).toEqual([undefined, 'Hello'])
      expect((scene.upstream.requests.at(-1)?.text ?? '').split(PNG)).toHaveLength(2)
    },
  )

  test.each(PAIRS)(
    'pains #31: %s: a limit beyond what the model of %s gives is lowered',
    async (_, provider, agent, model) => {
      const most = 4000
      await using scene = await createAgentScene(provider, HELLO, model, {
        provider: { traits: { maxOutputTokens: most } },
      })
      const told = await scene.ask(agent, { limit: 1_000_000 })
      expect(told.text).toBe('Hello')
      const body = scene.sent()
      const { max_tokens, max_completion_tokens, max_output_tokens, generationConfig, inferenceConfig } = body
      const told_limits = [max_tokens, max_completion_tokens, max_output_tokens]
      const limits = [...told_limits, generationConfig?.maxOutputTokens, inferenceConfig?.maxTokens]
      expect(limits.filter((limit) => limit !== undefined)).toEqual([most])
      expect(told.headers.get('x-ccr-dropped')).toContain('max_tokens')
    },
  )

  const efforts = ['minimal', 'low', 'medium', 'high'] as const
  test.each(PAIRS)('pains #32: %s: every effort is one that %s understands', async (_, provider, agent, model) => {
    await using scene = await createAgentScene(provider, HELLO, model)
    for (const effort of efforts)
      for (const limit of [1500, 8000, undefined]) {
        const told = await scene.ask(agent, { effort, ...(limit !== undefined && { limit }) })
        expect([effort, limit, told.error]).toEqual([effort, limit, undefined])
      }
  })

  test.each(PAIRS)('pains #33: %s: a forced tool and thinking never meet at %s', async (_, provider, agent, model) => {
    await using scene = await createAgentScene(provider, { calls: [{ name: 'read', input: { path: 'a' } }] }, model)
    const tools = ['read', 'write'].map((name) => ({ name, schema: SCHEMA }))
    for (const effort of [undefined, 'high'])
      for (const forced of [{}, { name: 'read' }]) {
        const told = await scene.ask(agent, { tools, forced, ...(effort && { effort }) })
        expect([told.error, told.calls[0]?.name]).toEqual([undefined, 'read'])
        expect(JSON.stringify(scene.sent())).toMatch(/"(?:any|ANY|required|tool|function)"|"(?:any|tool)":\{/)
      }
  })

  test.each(PAIRS)('pains #36: %s: empty texts are no reason for %s to refuse', async (_, provider, agent, model) => {
    await using scene = await createAgentScene(provider, HELLO, model)
    for (const empty of ['', ' ', '\n\t', '\u200b']) {
      const steps: Step[] = [
        { says: 'Hi' },
        { answers: empty },
        { says: 'Go' },
        { answers: empty, calls: [{ id: 'call_1', name: 'read', input: {} }] },
        { results: [{ id: 'call_1', name: 'read', text: empty }] },
      ]
      const told = await scene.ask(agent, { steps, tools: [{ name: 'read', schema: SCHEMA }] })
      expect([empty, told.error, told.text]).toEqual([empty, undefined, 'Hello'])
    }
  })

  test.each(PAIRS)(
    'pains #47: %s: names and ids of tools are such as %s takes, and the agent sees its own',
    async (...row) => {
      const [, provider, agent, model] = row
      const isGemini = agent.protocol === 'gemini'
      const long = `mcp__server.with.dots__${'x'.repeat(177)}`
      const names = [long, `${long.slice(0, -1)}y`, 'a.b_c', 'a_b_c', ...(isGemini ? [] : ['führe aus']), 'plain']
      await using scene = await createAgentScene(
        provider,
        (request) => {
          const faults = faultsOf(provider, model, request)
          if (faults.length > 0) return json({ error: { message: faults.join('; '), code: 400 } }, 400)
          return answerTurn(request, { calls: toolsIn(request.text).map((name) => ({ name, input: {} })) })
        },
        model,
      )
      const steps: Step[] = [
        { says: 'Go' },
        {
          answers: 'Reading.',
          calls: names.map((name, at) => ({ id: `call.${at}:${'9'.repeat(60)}`, name, input: {} })),
        },
        { results: names.map((name, at) => ({ id: `call.${at}:${'9'.repeat(60)}`, name, text: 'Done.' })) },
      ]
      const asked = { steps, tools: names.map((name) => ({ name, schema: SCHEMA })) }
      const told = await scene.ask(agent, asked)
      expect(told.error).toBeUndefined()
      expect(told.calls.map(({ name }) => name)).toEqual(names)
      // The same in every turn, else the prefix would change.
      await scene.ask(agent, asked)
      expect(scene.upstream.requests[1]?.text).toBe(scene.upstream.requests[0]?.text as string)
    },
  )

  const histories: [name: string, steps: Step[]][] = [
    ['results in another order', [{ says: 'Go' }, called('a', 'b')[1] as Step, swapped(called('a', 'b')[2] as Step)]],
    ['a result that is missing', [...called('a', 'b').slice(0, 2), ...called('a').slice(2), { says: 'Go on' }]],
    ['a call that nobody answers', [...called('a').slice(0, 2), { says: 'Go on' }]],
    ['a result of no call', [{ says: 'Go' }, called('a')[2] as Step, { says: 'Go on' }]],
    ['a call at the beginning', [called('a')[1] as Step, called('a')[2] as Step, { says: 'Go on' }]],
  ]
  const broken = PAIRS.flatMap((pair) => histories.map(([name, steps]) => [name, ...pair, steps] as const))
  test.each(broken)('pains #77: %s, told by %s, is accepted by %s', async (...row) => {
    const [, , provider, agent, model, steps] = row
    await using scene = await createAgentScene(provider, HELLO, model)
    const tools = ['a', 'b'].map((name) => ({ name, schema: SCHEMA }))
    const told = await scene.ask(agent, { steps, tools })
    expect([told.error, told.text]).toEqual([undefined, 'Hello'])
  })

  test.each(PAIRS)(
    'pains #78: %s: what %s is not told is named, and nothing else',
    async (_, provider, agent, model) => {
      await using scene = await createAgentScene(provider, HELLO, model)
      const plain = await scene.ask(agent, { tools: [{ name: 'read', schema: SCHEMA }], steps: called('read') })
      expect([plain.text, plain.headers.get('x-ccr-dropped')]).toEqual(['Hello', null])
      const told = await scene.ask(agent, { more: { hologram: { depth: 3 } } })
      expect(told.headers.get('x-ccr-dropped')).toBe('hologram')
      const line = scene.lines.findLast(({ message }) => message === 'call')
      expect(line?.fields['dropped']).toContainEqual({ path: 'hologram', why: expect.stringMatching(/./) })
    },
  )
})

describe('an agent of every protocol', () => {
  test.each(EACH)('pains #37: %s: a history that another model wrote goes on with Gemini 3', async (_, agent) => {
    await using scene = await createAgentScene('gemini', (request) => {
      const faults = faultsIn(request)
      return faults.length > 0 ? json({ error: { message: faults.join('; '), code: 400 } }, 400) : HELLO
    })
    const told = await scene.ask(agent, { steps: called('a', 'b'), tools: [{ name: 'a', schema: SCHEMA }] })
    expect([told.error, told.text]).toEqual([undefined, 'Hello'])
  })

  test.each(EACH)('pains #42: %s: an image goes to who sees', async (_, agent) => {
    await using scene = await createAgentScene('openai-chat', HELLO, 'blind', {
      provider: { models: ['blind', 'eyes'] },
    })
    const targets = { default: { provider: 'mock', model: 'blind' }, image: { provider: 'mock', model: 'eyes' } }
    await using seeing = await createAgentScene('openai-chat', HELLO, 'blind', { routes: targets })
    expect((await scene.ask(agent)).text).toBe('Hello')
    const told = await seeing.ask(agent, { steps: [{ says: 'What is it?', image: PNG }] })
    expect([told.text, told.headers.get('x-ccr-route')]).toEqual(['Hello', 'image'])
    expect(seeing.sent().model).toBe('eyes')
  })

  test.each(EACH)('pains #79: %s: a relayed body keeps every byte but the model', async (_, agent) => {
    const { protocol } = agent
    // One that signs its calls would be told where a signature is missing.
    const model = protocol === 'gemini' ? 'gemini-2.5-pro' : 'other-model'
    await using scene = await createAgentScene(protocol, () => HELLO, model)
    const odd = JSON.stringify(agent.body({ steps: called('a'), tools: [{ name: 'a', schema: SCHEMA }] }))
      .replace('"Reading."', '"R\\u0065ading \\/ \\ud83d\\ude00"')
      .replace(/\}$/, ' , "odd" : [1.0, 12345678901234567890, 1e400] }')
    const response = await scene.gateway(post(agent.path({}), odd))
    expect(response.status).toBe(200)
    await response.text()
    const expected = protocol === 'gemini' ? odd : odd.replace('"model":"m"', `"model":${JSON.stringify(model)}`)
    expect(scene.upstream.requests[0]?.text).toBe(expected)
    if (protocol === 'gemini') expect(scene.upstream.requests[0]?.path).toContain(model)
  })
})

test.each<[ProtocolId]>([['openai-responses'], ['bedrock-converse']])(
  'pains #12: turns of Claude Code that differ in its billing line alone are sent to %s as the same bytes',
  async (provider) => {
    await using scene = await createAgentScene(provider, HELLO)
    const [claude] = AGENTS
    for (const cch of ['a1b2c', 'ffff0']) {
      const system = [
        { type: 'text', text: `x-anthropic-billing-header: cch=${cch};` },
        { type: 'text', text: 'Work.' },
      ]
      expect((await scene.ask(claude as (typeof AGENTS)[number], { more: { system } })).text).toBe('Hello')
    }
    const [first, second] = scene.upstream.requests.map(({ text }) => text)
    expect(second).toBe(first as string)
    expect(first).not.toContain('billing')
  },
)

/** As agents declare them: keywords that one provider or another refuses. */
const SCHEMAS: readonly object[] = [
  {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    properties: {
      const: { type: 'string', const: 'a' },
      size: { type: ['integer', 'null'], exclusiveMinimum: 0 },
      mode: { anyOf: [{ const: 'a' }, { const: 'b' }] },
      nested: { $ref: '#/$defs/node' },
    },
    required: ['const', 'size', 'missing', 'const'],
    $defs: { node: { type: 'object', properties: { child: { $ref: '#/$defs/node' } } } },
  },
  {
    type: 'object',
    properties: { env: { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { pattern: '^a' } } },
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
    properties: { a: { type: 'string', format: 'uri', pattern: '(?=x)' } },
    dependentRequired: { a: ['b'] },
  },
  { type: 'object', properties: {}, patternProperties: { '^a': { type: 'string' } } },
  {
    anyOf: [
      { type: 'object', properties: { a: { type: 'string' } } },
      { type: 'object', properties: { b: { type: 'string' } } },
    ],
  },
  { type: 'object' },
]

function swapped(step: Step): Step {
  return 'results' in step ? { results: step.results.toReversed() } : step
}

function toolsIn(text: string): string[] {
  const { tools = [], toolConfig } = JSON.parse(text)
  const declared = [...tools, ...(toolConfig?.tools ?? [])]
  return declared.flatMap((tool) =>
    (tool.functionDeclarations ?? [tool.function ?? tool.toolSpec ?? tool]).map(({ name }: { name: string }) => name),
  )
}
