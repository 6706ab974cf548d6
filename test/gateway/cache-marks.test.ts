import { describe, expect, test } from 'bun:test'
import { isObject, type Json, type JsonObject } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { json } from '../helper/answer.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'
import { anthropicFaults } from '../protocol/validate/anthropic.ts'
import { converseFaults } from '../protocol/validate/bedrock.ts'
import { chatFaults } from '../protocol/validate/chat.ts'

const BEDROCK = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'us.amazon.nova-2-lite-v1:0'

/** A provider whose model caches up to marks: what is in the config, and what its specification finds wrong with a body. */
interface Marked {
  readonly entry: JsonObject
  readonly model: string
  readonly faults: (body: JsonObject, model: string) => string[]
}

const anthropic: Marked = { entry: { name: 'anthropic' }, model: 'claude-opus-4-5', faults: anthropicFaults }
const openrouter: Marked = {
  entry: { name: 'openrouter', protocols: ['openai-chat'] },
  model: 'anthropic/claude-sonnet-4.5',
  // Chat itself has no marks: they are OpenRouter's addition to the parts of a content.
  faults: (body) => chatFaults(body).filter((fault) => !/content\[\d+\][.]cache_control: is not a field$/.test(fault)),
}
const bedrock = (model: string, ...protocols: ProtocolId[]): Marked => ({
  entry: { name: 'bedrock', region: 'eu-west-3', ...(protocols.length > 0 && { protocols }) },
  model,
  // Bedrock's own spelling of a request for Claude has the version in the body, and the model in the path.
  faults: protocols[0] === 'anthropic-messages' ? () => [] : converseFaults,
})

const vertex: Marked = {
  entry: {
    name: 'vertex',
    parameters: { project: 'my-project', region: 'global' },
    protocols: ['anthropic-messages'],
  },
  model: 'claude-sonnet-4-5@20250929',
  // Its version of the protocol stands in the body, and the model in the path.
  faults: (body) => anthropicFaults({ ...body, model: 'claude', anthropic_version: undefined }),
}

const PROVIDERS: readonly (readonly [string, Marked])[] = [
  ['Anthropic', anthropic],
  ['Bedrock Converse', bedrock(BEDROCK)],
  ['Bedrock invoke', bedrock(BEDROCK, 'anthropic-messages')],
  ['Vertex', vertex],
  ['OpenRouter', openrouter],
]

/** What `marked` is sent for a client's request, as the units of its prompt in order. */
async function sent({ entry, model, faults }: Marked, path: string, body: object): Promise<Prompt> {
  await using upstream = await createUpstream(() => json({ error: { message: 'no' } }, 403))
  const { config, problems } = resolveConfig(
    { Providers: [{ ...entry, origin: upstream.url, api_key: 'k3y-of-a-test-0001' }] },
    {},
  )
  expect(problems).toEqual([])
  const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
  const named = `${String(entry['name'])},${model}`
  const response = await gateway(post(path.replace('MODEL', encodeURIComponent(named)), { model: named, ...body }))
  expect(response.status).toBe(403)
  expect(response.headers.get('x-ccr-dropped') ?? '').not.toContain('cache_control')
  const wire = (await upstream.request()).body as JsonObject
  expect(faults(wire, model)).toEqual([])
  return promptOf(wire)
}

interface Prompt {
  /** Tools, instructions and blocks of messages as JSON, without their marks. */
  readonly units: readonly string[]
  /** How many units each mark stands behind. */
  readonly ends: readonly number[]
  readonly body: JsonObject
}

function promptOf(body: JsonObject): Prompt {
  const units: string[] = []
  const ends: number[] = []
  const { toolConfig, tools = isObject(toolConfig) ? toolConfig['tools'] : undefined, system, messages } = body
  const add = (node: Json, role: Json = ''): void => {
    if (!isObject(node)) return void units.push(`${String(role)} ${JSON.stringify(node)}`)
    const { cache_control: mark, cachePoint: point, ...rest } = node
    if (point === undefined) units.push(`${String(role)} ${JSON.stringify(rest)}`)
    if (mark !== undefined || point !== undefined) ends.push(units.length)
  }
  for (const list of [tools, system]) for (const node of Array.isArray(list) ? list : []) add(node)
  for (const message of messages as JsonObject[]) {
    const { content, role, cache_control: _, ...rest } = message
    // A message of Chat may hold calls and ids beside its content.
    if (Object.keys(rest).length > 0) units.push(JSON.stringify(rest))
    for (const block of Array.isArray(content) ? content : [{ type: 'text', text: content }]) add(block, role)
  }
  return { units, ends, body }
}

const LONG = 'Work on the project with care. '.repeat(200)
const SCHEMA = { type: 'object', properties: { path: { type: 'string', description: LONG } } }

/** The `turns`th request of an agent of each protocol, which calls a tool in every turn. */
const CLIENTS: readonly (readonly [string, string, (turns: number) => JsonObject])[] = [
  [
    'OpenAI Chat',
    '/v1/chat/completions',
    (turns) => ({
      tools: [{ type: 'function', function: { name: 'read', description: 'Reads', parameters: SCHEMA } }],
      messages: [
        { role: 'system', content: LONG },
        { role: 'user', content: 'Begin' },
        ...each(turns, (turn) => [
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: `call_${turn}`, type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } },
            ],
          },
          { role: 'tool', tool_call_id: `call_${turn}`, content: `result ${turn}` },
        ]),
      ],
    }),
  ],
  [
    'OpenAI Responses',
    '/v1/responses',
    (turns) => ({
      instructions: LONG,
      tools: [{ type: 'function', name: 'read', description: 'Reads', parameters: SCHEMA, strict: false }],
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Begin' }] },
        ...each(turns, (turn) => [
          { type: 'function_call', call_id: `call_${turn}`, name: 'read', arguments: '{"path":"a"}' },
          { type: 'function_call_output', call_id: `call_${turn}`, output: `result ${turn}` },
        ]),
      ],
    }),
  ],
  [
    'Gemini',
    '/v1beta/models/MODEL:generateContent',
    (turns) => ({
      systemInstruction: { parts: [{ text: LONG }] },
      tools: [{ functionDeclarations: [{ name: 'read', description: 'Reads', parametersJsonSchema: SCHEMA }] }],
      contents: [
        { role: 'user', parts: [{ text: 'Begin' }] },
        ...each(turns, (turn) => [
          { role: 'model', parts: [{ functionCall: { id: `call_${turn}`, name: 'read', args: { path: 'a' } } }] },
          {
            role: 'user',
            parts: [{ functionResponse: { id: `call_${turn}`, name: 'read', response: { output: `result ${turn}` } } }],
          },
        ]),
      ],
    }),
  ],
]

function each(turns: number, messages: (turn: number) => JsonObject[]): JsonObject[] {
  return Array.from({ length: turns }, (_, turn) => messages(turn)).flat()
}

describe.each(PROVIDERS)('a Claude at %s', (_, provider) => {
  // What a client of Chat says to OpenRouter is relayed.
  const clients = CLIENTS.filter(([name]) => !(provider === openrouter && name === 'OpenAI Chat'))
  test.each(clients)('caches what it was told in the turn before (a client of %s)', async (_name, path, turn) => {
    const turns = await Promise.all([0, 1, 2, 3, 4].map((count) => sent(provider, path, turn(count))))
    turns.forEach(({ units, ends }, index) => {
      expect(ends.length).toBeGreaterThanOrEqual(2)
      expect(ends.length).toBeLessThanOrEqual(4)
      // The newest message is to be written to the cache, whole.
      expect(ends.at(-1)).toBe(units.length)
      const next = turns[index + 1]
      if (!next) return
      // What was written is the beginning of the next prompt, and is read there: a mark stands at its end.
      expect(next.units.slice(0, units.length)).toEqual([...units])
      expect(next.ends).toContain(units.length)
      expect(next.units.length).toBeGreaterThan(units.length)
    })
  })
})

const chat = (messages: object[], more: object = {}): JsonObject => ({ messages, ...more }) as JsonObject
const user = (content: string): object => ({ role: 'user', content })
const CHAT = '/v1/chat/completions'
const tools = [{ type: 'function', function: { name: 'read', parameters: SCHEMA } }]

describe('marks for the prompt cache', () => {
  test('stand behind tools and instructions, whatever is said after them', async () => {
    const { ends, body } = await sent(anthropic, CHAT, chat([{ role: 'system', content: LONG }, user('Hi')], { tools }))
    expect(ends).toEqual([1, 2, 3])
    expect(body['system']).toEqual([{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }])
  })

  test.each([
    ['a prompt that is too short for the cache', chat([{ role: 'system', content: 'Be kind' }, user('Hi')])],
    ['a question that will not be asked again', chat([user(LONG)])],
  ])('are none in %s', async (_, body) => {
    expect((await sent(anthropic, CHAT, body)).ends).toEqual([])
  })

  test('begin where a conversation has grown long enough', async () => {
    const turns = [user('Hi'), { role: 'assistant', content: 'Hello' }, user(LONG)]
    expect((await sent(anthropic, CHAT, chat(turns))).ends).toEqual([3])
    const later = [...turns, { role: 'assistant', content: 'Yes' }, user('Go on')]
    expect((await sent(anthropic, CHAT, chat(later))).ends).toEqual([3, 5])
  })

  test('are the client’s own where it sets some', async () => {
    const own = { type: 'text', text: LONG, cache_control: { type: 'ephemeral', ttl: '1h' } }
    const { ends, body } = await sent(
      anthropic,
      CHAT,
      chat([{ role: 'system', content: [own] }, user('Hi')], { tools }),
    )
    expect(ends).toEqual([2])
    expect(body['system']).toEqual([own])
  })

  test('are left to a client of Anthropic, who could have set them', async () => {
    const body = {
      max_tokens: 9,
      system: LONG,
      tools: [{ name: 'read', input_schema: SCHEMA }],
      messages: [user('Hi')],
    }
    expect((await sent(bedrock(BEDROCK, 'bedrock-converse'), '/v1/messages', body)).ends).toEqual([])
  })

  test('are not set with `cleancache`', async () => {
    const entry = { ...anthropic.entry, transformer: { use: ['cleancache'] } }
    const body = chat([{ role: 'system', content: LONG }, user('Hi')], { tools })
    expect((await sent({ ...anthropic, entry }, CHAT, body)).ends).toEqual([])
  })

  test('stand behind the instructions alone for Nova', async () => {
    const body = chat([{ role: 'system', content: LONG }, user('Hi')], { tools })
    expect((await sent(bedrock(NOVA), CHAT, body)).ends).toEqual([2])
  })

  test.each([
    ['another model', { ...anthropic, model: 'some-model' }],
    [
      'a gateway that is not known to understand them',
      { ...openrouter, entry: { name: 'aihubmix', protocols: ['openai-chat'] } },
    ],
    ['a model at OpenRouter that caches by itself', { ...openrouter, model: 'openai/gpt-5.1' }],
  ])('are not set for %s', async (_, provider) => {
    const instructions = { instructions: LONG, tools: [{ type: 'function', name: 'read', parameters: SCHEMA }] }
    const input = [{ type: 'message', role: 'user', content: 'Hi' }]
    expect((await sent(provider, '/v1/responses', { ...instructions, input })).ends).toEqual([])
  })
})
