import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { json, silence, stream, type Answer, type Piece } from '../helper/answer.ts'
import { FAILURES, OVERFLOWS } from '../helper/provider-errors.ts'
import { sse } from '../helper/turn-parts.ts'
import type { Turn } from '../helper/turn.ts'
import type { Agent, AgentProtocol, Asked, Step } from './agent.ts'
import { createAgentScene, EACH, PAIRS, requestOf } from './agent-scene.ts'

const TOOLS = [{ name: 'read', schema: { type: 'object', properties: { path: { type: 'string' } } } }]
const both = [true, false]

describe('an agent of every protocol, of a provider of every other', () => {
  test.each(PAIRS)('pains #4: %s: three calls at once of %s arrive whole', async (_, provider, agent, model) => {
    const calls = ['a', 'b', 'c'].map((path) => ({ name: 'read', input: { path } }))
    await using scene = await createAgentScene(provider, { text: 'Reading.', calls }, model)
    for (const streams of both) {
      const told = await scene.ask(agent, { tools: TOOLS, stream: streams })
      expect([told.error, told.calls.map(({ input }) => input)]).toEqual([undefined, calls.map(({ input }) => input)])
      expect(new Set(told.calls.map(({ id }) => id)).size).toBe(3)
    }
  })

  const turns: readonly (readonly [name: string, turn: Turn, end: 'stop' | 'calls' | 'length'])[] = [
    ['text', { text: 'Hi' }, 'stop'],
    ['a call', { calls: [{ name: 'read', input: {} }] }, 'calls'],
    ['text and a call', { text: 'Hi', calls: [{ name: 'read', input: {} }] }, 'calls'],
    ['a limit', { text: 'Hi', stop: 'length' }, 'length'],
  ]
  const ends = PAIRS.flatMap((pair) => turns.map((turn) => [...turn, ...pair] as const))
  test.each(
    ends.map(([name, turn, end, by, provider, agent, model]) => [by, provider, name, turn, end, agent, model] as const),
  )(
    'pains #34: %s: the end of an answer of %s is what was really said: %s',
    async (by, provider, _name, turn, end, agent, model) => {
      await using scene = await createAgentScene(provider, turn, model)
      for (const streams of both) {
        const told = await scene.ask(agent, { tools: TOOLS, stream: streams })
        expect([told.error, told.end]).toEqual([undefined, ENDS[by][end]])
        expect(told.calls.length > 0).toBe(end === 'calls')
      }
    },
  )
})

const ENDS: Readonly<Record<AgentProtocol, Readonly<Record<'stop' | 'calls' | 'length', string>>>> = {
  'anthropic-messages': { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens' },
  'openai-chat': { stop: 'stop', calls: 'tool_calls', length: 'length' },
  'openai-responses': { stop: 'completed', calls: 'completed', length: 'incomplete' },
  gemini: { stop: 'STOP', calls: 'STOP', length: 'MAX_TOKENS' },
}

describe('an agent of every protocol', () => {
  const call = (index: number, told: object): string =>
    sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: { tool_calls: [{ index, ...told }] } }] })
  const ended = [
    sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
    sse('[DONE]'),
  ]

  test.each(EACH)('pains #4: %s: calls that come interleaved arrive whole', async (_, agent) => {
    const [first, second] = ['{"path":"a"}', '{"path":"b","n":2}']
    const frames = [
      call(0, { id: 'call_0', type: 'function', function: { name: 'read', arguments: '' } }),
      call(1, { id: 'call_1', type: 'function', function: { name: 'read', arguments: second.slice(0, 5) } }),
      call(0, { function: { arguments: first.slice(0, 7) } }),
      call(1, { function: { arguments: second.slice(5) } }),
      call(0, { function: { arguments: first.slice(7) } }),
    ]
    // Not a relay: the provider is one whose answers are read.
    await using scene = await createAgentScene('openai-chat', () => stream([...frames, ...ended]))
    const told = await scene.ask(agent, { tools: TOOLS })
    expect(told.calls.map(({ input }) => input)).toEqual([{ path: 'a' }, { path: 'b', n: 2 }])
  })

  const broken: [name: string, pieces: string[]][] = [
    ['{} and then the real ones', ['{}', '{"path":"a"}']],
    ['twice', ['{"path":"a"}', '{"path":"a"}']],
    ['twice in one', ['{"path":"a"}{"path":"a"}']],
    ['quoted', [JSON.stringify('{"path":"a"}')]],
    ['with spaces', ['  {"path":"a"} \n']],
  ]
  const patterns = EACH.filter(([name]) => name !== 'openai-chat').flatMap(([by, agent]) =>
    broken.map(([name, pieces]) => [by, name, agent, pieces] as const),
  )
  test.each(patterns)(
    'pains #35: %s: arguments that come %s are told once, and are accepted when they come back',
    async (...row) => {
      const [, , agent, pieces] = row
      const frames = pieces.map((text, at) =>
        call(
          0,
          at === 0
            ? { id: 'c1', type: 'function', function: { name: 'read', arguments: text } }
            : { function: { arguments: text } },
        ),
      )
      await using scene = await createAgentScene('openai-chat', ({ text }) =>
        text.includes('tool_call_id') ? { text: 'Thanks' } : stream([...frames, ...ended]),
      )
      const told = await scene.ask(agent, { tools: TOOLS })
      expect(told.calls.map(({ input }) => input)).toEqual([{ path: 'a' }])
      const [made] = told.calls
      const steps: Step[] = [
        { says: 'Hi' },
        { answers: 'Reading.', calls: [{ id: made?.id ?? '', name: 'read', input: made?.input as object }] },
        { results: [{ id: made?.id ?? '', name: 'read', text: 'ok' }] },
      ]
      expect((await scene.ask(agent, { tools: TOOLS, steps })).text).toBe('Thanks')
    },
  )

  const candidate = (told: object): object => ({ candidates: [told] })
  const choice = (told: object): object => ({
    choices: [{ index: 0, delta: told, message: told, finish_reason: 'stop' }],
  })
  const nothings: [name: string, provider: ProtocolId, chunk: object][] = [
    ['no candidates', 'gemini', { usageMetadata: { promptTokenCount: 1 } }],
    ['a candidate without content', 'gemini', candidate({ finishReason: 'STOP' })],
    ['an empty text', 'gemini', candidate({ content: { parts: [{ text: '' }] }, finishReason: 'STOP' })],
    ['a malformed call', 'gemini', candidate({ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' })],
    ['an end alone', 'openai-chat', choice({ content: null })],
    ['an empty text', 'openai-chat', choice({ content: '' })],
  ]
  const empties = EACH.flatMap(([by, agent]) =>
    nothings.map(([name, provider, chunk]) => [by, name, provider, agent, chunk] as const),
  )
  test.each(empties)('pains #48: %s: %s of %s is an error, never an empty success', async (...row) => {
    const [by, , provider, agent, chunk] = row
    await using scene = await createAgentScene(provider, ({ path, text }) =>
      path.includes('stream') || text.includes('"stream":true') ? stream([sse(chunk)]) : json(chunk),
    )
    for (const streams of both) {
      const told = await scene.ask(agent, { stream: streams })
      expect([told.text, told.calls]).toEqual(['', []])
      expect(told.error?.message).toBeString()
      expect(told.error?.kind).toMatch(KINDS[by])
    }
  })

  const thoughts: [name: string, answer: string, thinking: string, text: string][] = [
    ['first', '<think>I häve it.</think>It is 4.', 'I häve it.', 'It is 4.'],
    ['behind text', 'Well. <think>Hm.</think>Yes.', 'Hm.', 'Well. Yes.'],
    ['in a fence', 'Write:\n```\n<think>no</think>\n```\nso.', '', 'Write:\n```\n<think>no</think>\n```\nso.'],
  ]
  const tagged = EACH.flatMap(([by, agent]) => thoughts.map(([name, ...rest]) => [by, name, agent, ...rest] as const))
  test.each(tagged)(
    'pains #49: %s: thoughts between tags, %s, are thoughts',
    async (_by, _name, agent, answer, thinking, text) => {
      const dialects = [{ name: 'extrathinktag', options: {} }]
      await using scene = await createAgentScene('openai-chat', { text: answer }, 'some-model', {
        provider: { dialects },
      })
      for (const streams of both) {
        const told = await scene.ask(agent, { stream: streams })
        expect([told.error, told.thinking, told.text]).toEqual([undefined, thinking, text])
      }
    },
  )

  const overflows = EACH.flatMap(([by, agent]) => OVERFLOWS.map((refusal) => [by, refusal.by, agent, refusal] as const))
  test.each(overflows)(
    'pains #14: %s: a prompt that is too long for %s is said as it understands it',
    async (...row) => {
      const [by, , agent, { protocol, status, body, headers }] = row
      const refused: Answer =
        typeof body === 'string' ? { ...json({}, status, headers), pieces: [body] } : json(body, status, headers)
      await using scene = await createAgentScene(protocol, () => refused, 'mock-model')
      const { error } = await scene.ask(agent)
      expect(error?.kind).toMatch(TOO_LONG[by])
      if (by === 'anthropic-messages') expect(error?.message).toMatch(/prompt is too long|exceed context limit/)
      expect(scene.upstream.requests).toHaveLength(1)
    },
  )

  const failures = EACH.flatMap(([by, agent]) => FAILURES.map((refusal) => [by, refusal.by, agent, refusal] as const))
  test.each(failures)('pains #62: %s: an error of %s is one sentence in its own shape', async (...row) => {
    const [by, , agent, { protocol, status, body, headers }] = row
    const refused: Answer =
      typeof body === 'string' ? { ...json({}, status, headers), pieces: [body] } : json(body, status, headers)
    await using scene = await createAgentScene(protocol, () => refused, 'mock-model')
    const told = await scene.ask(agent, { stream: false })
    const message = told.error?.message ?? ''
    expect(told.error?.kind).toMatch(KINDS[by])
    // A relayed refusal stays the provider's own.
    if (by === protocol) return
    expect([message.length <= 300, message.includes('\\"'), message.includes('\n    at ')]).toEqual([
      true,
      false,
      false,
    ])
    expect(message).toContain('mock')
  })

  // A thousand times as fast: a second of the gateway is a millisecond here.
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms / 1000)
    return () => clearTimeout(timer)
  }
  const ports = { now: () => performance.now() * 1000, after }

  test.each(EACH)('pains #6: %s: silence is filled with signs of life, and the answer follows', async (_, agent) => {
    const pause: Piece = { pauseMs: 125 }
    const words = sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'Hi' } }] })
    const end = sse({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    await using scene = await createAgentScene(
      'openai-chat',
      () => stream([pause, words, pause, end, sse('[DONE]')]),
      'm',
      {
        provider: { deadlines: { connectMs: 600_000, idleMs: 600_000, firstByteMs: 600_000 } },
        ports,
      },
    )
    const response = await scene.gateway(requestOf(agent))
    let early = ''
    let late = ''
    for await (const bytes of response.body as ReadableStream<Uint8Array>) {
      const text = new TextDecoder().decode(bytes)
      if (late === '' && !text.includes('Hi')) early += text
      else late += text
    }
    expect(early.length).toBeGreaterThan(0)
    expect(late).toContain('Hi')
    expect(`${early}${late}`).not.toMatch(/"error":\{/)
  })

  test.each(EACH)(
    'pains #6: %s: a provider that is dead ends in an error of its own at the deadline',
    async (by, agent) => {
      await using scene = await createAgentScene('openai-chat', () => silence(), 'm', {
        provider: { deadlines: { connectMs: 60_000, idleMs: 60_000, firstByteMs: 60_000 } },
        ports,
      })
      const told = await scene.ask(agent)
      expect(told.error?.message).toContain('mock (')
      expect(told.error?.kind).toMatch(KINDS[by])
      expect(told.end).toBeUndefined()
    },
  )
})

describe('pains #2 and #3: what a model thought', () => {
  const call = { name: 'read', input: { path: 'a' } }
  const thinking: Turn = { reasoning: 'Hm, let me see.', text: 'Reading.', calls: [call] }
  /** Who proves its thoughts how; the model of Chat demands the words back. */
  const HOMES: readonly (readonly [ProtocolId, string, string])[] = [
    ['anthropic-messages', 'claude-sonnet-4-5', 'c2NyaXB0ZWQtc2lnbmF0dXJl'],
    ['openai-chat', 'deepseek-v4', 'Hm, let me see.'],
    ['openai-responses', 'gpt-5.1', 'sealed-0'],
    ['gemini', 'gemini-3-pro', 'c2NyaXB0ZWQtdGhvdWdodA=='],
  ]
  const script = ({ text }: { text: string }): Turn => (text.includes('It is done.') ? { text: 'Thanks' } : thinking)
  const rows = EACH.flatMap(([by, agent]) =>
    HOMES.flatMap((from) => HOMES.map((to) => [by, from[0], to[0], agent, from, to] as const)),
  ).filter(([by, from, to]) => by !== from && by !== to)

  test.each(rows)('pains #2 and #3: %s: %s thought, %s goes on', async (...row) => {
    const [, , , agent, [from, model, proof], [to, other]] = row
    const dialects = (name: string) => ({ provider: { name, dialects: name === 'openai-chat' ? [DEEPSEEK] : [] } })
    await using home = await createAgentScene(from, script, model, dialects(from))
    const asked = { tools: TOOLS, effort: 'high', stream: false }
    const first = await home.ask(agent, asked)
    const messages = goOn(agent, asked, JSON.parse(first.body), first.calls[0]?.id ?? '')
    if (from === to) {
      const told = await home.ask(agent, { ...asked, more: messages })
      expect([told.error, told.text]).toEqual([undefined, 'Thanks'])
      expect(home.upstream.requests.at(-1)?.text).toContain(proof)
      return
    }
    await using away = await createAgentScene(to, script, other, dialects(to))
    const told = await away.ask(agent, { ...asked, more: messages })
    expect([told.error, told.text]).toEqual([undefined, 'Thanks'])
    const sent = away.upstream.requests.at(-1)?.text ?? ''
    expect(sent).toContain('Reading.')
    expect(sent).not.toContain('ccr1:')
    // In words that are its own a model may be told what another thought, but never with a proof of it.
    if (from !== 'openai-chat') expect(sent).not.toContain(proof)
  })
})

const DEEPSEEK = { name: 'deepseek', options: {} }

/** The conversation with a whole answer brought back as it came, and its call answered: what stands in the body then. */
function goOn(agent: Agent, asked: Asked, answer: Loose, id: string): object {
  const body = agent.body(asked)
  const result = 'It is done.'
  switch (agent.protocol) {
    case 'anthropic-messages': {
      const content = [{ type: 'tool_result', tool_use_id: id, content: result }]
      return { messages: [...body.messages, { role: 'assistant', content: answer.content }, { role: 'user', content }] }
    }
    case 'openai-chat':
      return {
        messages: [...body.messages, answer.choices[0].message, { role: 'tool', tool_call_id: id, content: result }],
      }
    case 'openai-responses': {
      const output = { type: 'function_call_output', call_id: id, output: result }
      return { input: [...body.input, ...answer.output, output] }
    }
    case 'gemini': {
      const functionResponse = { id, name: 'read', response: { output: result } }
      const [{ content }] = answer.candidates
      return { contents: [...body.contents, content, { role: 'user', parts: [{ functionResponse }] }] }
    }
  }
}

describe('pains #15: the tokens of a prompt', () => {
  const counts: [by: string, path: string, body: object, count: (told: Loose) => unknown][] = [
    ['anthropic-messages', '/v1/messages/count_tokens', {}, ({ input_tokens }) => input_tokens],
    ['openai-responses', '/v1/responses/input_tokens', {}, ({ input_tokens }) => input_tokens],
    ['gemini', '/v1beta/models/m:countTokens', {}, ({ totalTokens }) => totalTokens],
  ]
  test.each(counts)('pains #15: %s: are counted, calls and results included', async (by, path, _body, count) => {
    const agent = EACH.find(([name]) => name === by)?.[1]
    if (!agent) throw new Error(`no agent speaks ${by}`)
    await using scene = await createAgentScene('openai-chat', { text: 'Hello' })
    const counted = async (text: string): Promise<number> => {
      const steps: Step[] = [
        { says: 'Hi' },
        { answers: 'Reading.', calls: [{ id: 'c', name: 'read', input: { path: 'a' } }] },
        { results: [{ id: 'c', name: 'read', text }] },
      ]
      const { stream: _stream, max_tokens: _limit, ...body } = agent.body({ steps, tools: TOOLS })
      const url = `http://127.0.0.1${path}`
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      return Number(count(await (await scene.gateway(new Request(url, init))).json()))
    }
    const few = await counted('done')
    const many = await counted('The quick brown fox jumps over the lazy dog. '.repeat(200))
    expect(few).toBeGreaterThan(20)
    // Ten tokens each.
    expect(many - few).toBeGreaterThan(1900)
    expect(many - few).toBeLessThan(2600)
    expect(scene.upstream.requests).toHaveLength(0)
  })
})

type Loose = ReturnType<typeof JSON.parse>

/** Words for what went wrong that the protocol's clients know. */
const KINDS: Readonly<Record<AgentProtocol, RegExp>> = {
  'anthropic-messages': /_error$|^request_too_large$/,
  'openai-chat': /^[a-z0-9_]+$/,
  'openai-responses': /^[a-z0-9_]+$/,
  gemini: /^[A-Z_]+$/,
}

const TOO_LONG: Readonly<Record<AgentProtocol, RegExp>> = {
  'anthropic-messages': /^invalid_request_error$/,
  'openai-chat': /^context_length_exceeded$/,
  'openai-responses': /^context_length_exceeded$/,
  gemini: /^INVALID_ARGUMENT$/,
}
