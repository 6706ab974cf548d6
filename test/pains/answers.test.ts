import { describe, expect, test } from 'bun:test'
import { json, silence, stream, type Answer, type Piece } from '../helper/answer.ts'
import { post } from '../helper/gateway.ts'
import { sse } from '../helper/turn-parts.ts'
import type { Turn } from '../helper/turn.ts'
import { createScene, PROTOCOLS, QUESTION, tool, type SpokenProtocol } from './scene.ts'
import { callsOf, readAnswer, textOf } from './told.ts'

describe('pains #6: silence', () => {
  // A thousand times as fast: a second of the gateway is a millisecond here.
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms / 1000)
    return () => clearTimeout(timer)
  }
  const fast = { now: () => performance.now() * 1000, after }
  const patient = { idleMs: 600_000, firstByteMs: 600_000 }
  const delta: Record<SpokenProtocol, string> = {
    'anthropic-messages':
      sse(
        {
          type: 'message_start',
          message: {
            id: 'm',
            type: 'message',
            role: 'assistant',
            model: 'm',
            content: [],
            stop_reason: null,
            usage: { input_tokens: 1, output_tokens: 1 },
          },
        },
        'message_start',
      ) +
      sse(
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } },
        'content_block_start',
      ),
    'openai-chat': sse({ choices: [{ index: 0, delta: { content: 'Hi' } }] }),
    gemini: sse({ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }),
  }
  const end: Record<SpokenProtocol, string> = {
    'anthropic-messages':
      sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop') +
      sse(
        { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
        'message_delta',
      ) +
      sse({ type: 'message_stop' }, 'message_stop'),
    'openai-chat': sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) + sse('[DONE]'),
    gemini: sse({ candidates: [{ content: { parts: [{ text: '.' }] }, finishReason: 'STOP' }] }),
  }

  test.each(PROTOCOLS)(
    'pains #6: of 120 s, before and after the first word, is filled with pings (%s)',
    async (protocol) => {
      const pause: Piece = { pauseMs: 125 }
      await using scene = await createScene(protocol, () => stream([pause, delta[protocol], pause, end[protocol]]), {
        provider: { deadlines: patient },
        ports: fast,
      })
      const response = await scene.gateway(post('/v1/messages', QUESTION))
      const came: { text: string; at: number }[] = []
      for await (const bytes of response.body as ReadableStream<Uint8Array>)
        came.push({ text: new TextDecoder().decode(bytes), at: fast.now() })
      const told = await readAnswer(new Response(came.map(({ text }) => text).join(''), { headers: response.headers }))
      expect(textOf(told)).toStartWith('Hi')
      expect(told.stopReason).toBe('end_turn')
      // A ping each 8 s makes 30; fewer on a machine that is busy.
      expect(came.filter(({ text }) => text.includes('event: ping')).length).toBeGreaterThan(10)
    },
  )

  test.each(PROTOCOLS)(
    'pains #6: of a provider that is dead ends in an error at its deadline (%s)',
    async (protocol) => {
      const answers: [Answer, RegExp][] = [
        [silence(), /mock \(.*\)/],
        [stream([delta[protocol], { until: new Promise(() => {}) }]), /mock \(.*\)/],
      ]
      for (const [answer, words] of answers) {
        await using scene = await createScene(protocol, () => answer, {
          provider: { deadlines: { idleMs: 60_000, firstByteMs: 60_000 } },
          ports: fast,
        })
        const told = await scene.ask({})
        expect(told.error?.message).toMatch(words)
        expect(told.stopReason).toBeNull()
      }
    },
  )
})

describe('pains #34: stop_reason', () => {
  const turns: [name: string, turn: Turn, expected: string][] = [
    ['text', { text: 'Hi' }, 'end_turn'],
    ['a call', { calls: [{ name: 'read', input: {} }] }, 'tool_use'],
    ['text and a call', { text: 'Hi', calls: [{ name: 'read', input: {} }] }, 'tool_use'],
    ['thought and a call', { reasoning: 'Hm.', calls: [{ name: 'read', input: {} }] }, 'tool_use'],
    [
      'two calls',
      {
        calls: [
          { name: 'read', input: {} },
          { name: 'read', input: {} },
        ],
      },
      'tool_use',
    ],
    ['a limit', { text: 'Hi', stop: 'length' }, 'max_tokens'],
    ['a refusal', { text: 'No', stop: 'refusal' }, 'refusal'],
  ]
  const table = PROTOCOLS.flatMap((protocol) => turns.map((turn) => [protocol, ...turn] as const))
  test.each(table)('pains #34: %s: says what was really emitted: %s', async (protocol, _name, turn, expected) => {
    await using scene = await createScene(protocol, turn)
    for (const streams of [true, false]) {
      const told = await scene.ask({ stream: streams, tools: [tool('read')] })
      expect(told.stopReason).toBe(expected)
      expect(told.stopReason === 'tool_use').toBe(callsOf(told).length > 0)
    }
  })

  const words = [
    'stop',
    'tool_calls',
    'function_call',
    'end_turn',
    'eos',
    'STOP',
    'length',
    'content_filter',
    'whatever',
    undefined,
  ]
  test.each(words)(
    'pains #34: whatever word ends a Chat answer, %p, a tool was called or was not',
    async (finish_reason) => {
      const text = { content: 'Hi' }
      const call = { tool_calls: [{ index: 0, id: 'c', function: { name: 'read', arguments: '{}' } }] }
      for (const delta of [text, call]) {
        const frames = [
          sse({ choices: [{ index: 0, delta }] }),
          sse({ choices: [{ index: 0, delta: {}, finish_reason }] }),
          sse('[DONE]'),
        ]
        await using scene = await createScene('openai-chat', () => stream(frames))
        const told = await scene.ask({ tools: [tool('read')] })
        const isWhole = finish_reason !== 'length' && finish_reason !== 'content_filter'
        expect(told.stopReason === 'tool_use').toBe(delta === call && isWhole)
        expect(told.stopReason).toBeString()
      }
    },
  )
})

describe('pains #48: an answer of nothing', () => {
  const finish = (candidate: object) => ({ candidates: [candidate] })
  const SHAPES: [name: string, protocol: SpokenProtocol, chunk: object | undefined][] = [
    ['nothing', 'gemini', undefined],
    ['no candidates', 'gemini', { usageMetadata: { promptTokenCount: 1 } }],
    ['a candidate without content', 'gemini', finish({ finishReason: 'STOP' })],
    ['content without parts', 'gemini', finish({ content: { role: 'model' }, finishReason: 'STOP' })],
    ['an empty text', 'gemini', finish({ content: { parts: [{ text: '' }] }, finishReason: 'STOP' })],
    [
      'a malformed call',
      'gemini',
      finish({ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'print(x' }),
    ],
    ['an unexpected call', 'gemini', finish({ finishReason: 'UNEXPECTED_TOOL_CALL' })],
    ['nothing', 'openai-chat', undefined],
    [
      'an end alone',
      'openai-chat',
      { choices: [{ index: 0, delta: {}, message: { content: null }, finish_reason: 'stop' }] },
    ],
    [
      'an empty text',
      'openai-chat',
      { choices: [{ index: 0, delta: { content: '' }, message: { content: '' }, finish_reason: 'stop' }] },
    ],
  ]
  const answer = (chunk: object | undefined, streams: boolean): Answer => {
    if (streams) return stream(chunk ? [sse(chunk)] : [])
    return chunk ? json(chunk) : { ...json({}), pieces: [''] }
  }
  const isStreamed = ({ path, text }: { path: string; text: string }): boolean =>
    path.includes('stream') || text.includes('"stream":true')

  test.each(SHAPES)('pains #48: %s (%s) is asked for once more, then an error', async (_name, protocol, chunk) => {
    await using scene = await createScene(protocol, (request) => answer(chunk, isStreamed(request)))
    for (const streams of [true, false]) {
      const before = scene.upstream.requests.length
      const told = await scene.ask({ stream: streams })
      expect(told.error?.message).toContain('mock (')
      expect(told.status).toBeGreaterThanOrEqual(500)
      expect(scene.upstream.requests.length - before).toBe(2)
    }
  })

  test.each(SHAPES)('pains #48: %s (%s) of the first time is not noticed', async (_name, protocol, chunk) => {
    await using scene = await createScene(protocol, (request) =>
      request.serial === 0 ? answer(chunk, isStreamed(request)) : { text: 'Hello' },
    )
    const told = await scene.ask({})
    expect([told.status, textOf(told), told.stopReason]).toEqual([200, 'Hello', 'end_turn'])
    expect(scene.lines.filter(({ message }) => message.includes('asking once more'))).toHaveLength(1)
  })

  test('pains #48: thoughts without an answer are an error, too', async () => {
    const chunk = finish({ content: { parts: [{ text: 'Hm.', thought: true }] }, finishReason: 'STOP' })
    await using scene = await createScene('gemini', () => stream([sse(chunk)]))
    expect((await scene.ask({})).error?.message).toContain('answered nothing')
  })
})
