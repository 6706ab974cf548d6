import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import { insertAfter, stream, type Piece } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { readAnswer, textOf } from '../../pains/told.ts'
import { USAGE, type Turn } from '../../helper/turn.ts'
import { createStage, type Play, type Role } from './stage.ts'

const LONG: Turn = { text: 'The quick brown fox jumps over the lazy dog and runs away.' }
/** What was sent right before a break may be lost with it. */
const BREAK: readonly Piece[] = [{ pauseMs: 20 }, { stop: 'cut' }]

/** Breaks off after so many pieces of the stream. */
const broken =
  (pieces: number, turn: Turn = LONG): Play =>
  (request) =>
    insertAfter(answerTurn(request, turn), pieces, ...BREAK)

const goesOn = { config: { continuation: true } }
const roles = (first: Play, second: Play, protocol: ProtocolId = 'openai-chat'): Role[] => [
  { name: 'one', play: first, protocol },
  { name: 'two', play: second, protocol },
]

describe.each(['openai-chat', 'anthropic-messages', 'gemini'] as const)(
  'a stream of %s that breaks off',
  (protocol) => {
    test('is gone on with by another target, as one answer', async () => {
      await using stage = await createStage(
        roles(broken(4), () => ({ text: ' and so on.' }), protocol),
        goesOn,
      )
      const response = await stage.ask({ stream: true })
      expect(response.headers.get('x-ccr-model')).toBe('one,one-model')
      const told = await readAnswer(response)
      const text = textOf(told)
      expect(LONG.text).toStartWith(text.replace(' and so on.', ''))
      expect(text.length).toBeGreaterThan(' and so on.'.length + 3)
      expect(told.stopReason).toBe('end_turn')
      const [record] = stage.calls
      expect(record?.error).toBeUndefined()
      expect(record).toMatchObject({ provider: 'two', fallback: true })
      expect(record?.attempts).toHaveLength(2)
      expect(stage.lines.find(({ message }) => message.endsWith('two,two-model goes on with the answer'))?.level).toBe(
        'warn',
      )
      // What was said is the beginning of the other's own answer.
      const sent = stage.upstreams['two']?.requests[0]?.text ?? ''
      expect(sent).toContain(text.replace(' and so on.', '').trimEnd())
      // Who counts at the end alone has not counted what was broken off.
      if (protocol === 'anthropic-messages') expect(record?.usage?.input).toBe(2 * USAGE.input)
    })

    test('is an error that the client repeats where nobody goes on', async () => {
      await using stage = await createStage(roles(broken(4), broken(0), protocol), goesOn)
      const told = await readAnswer(await stage.ask({ stream: true }))
      expect(told.error?.type).toBe('api_error')
      expect(stage.calls[0]?.error).toContain(': one (one-model)')
    })
  },
)

describe('an answer that is gone on with', () => {
  const text = (tokens: readonly string[], end = true) =>
    stream([
      ...tokens.map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`),
      ...(end
        ? [
            `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`,
            'data: [DONE]\n\n',
          ]
        : [...BREAK]),
    ])

  test.each<[what: string, first: string[], second: string[], whole: string]>([
    ['by somebody who begins anew', ['One, two, '], ['One, two', ', three'], 'One, two, three'],
    ['by somebody who begins nearly so', ['One, two, '], ['One, ', 'again'], 'One, two, One, again'],
    ['after a space', ['One, two, '], [' three'], 'One, two, three'],
    ['in the middle of a word', ['One, tw'], ['o, three'], 'One, two, three'],
    ['by somebody with nothing to add', ['One, two.'], ['One, two.'], 'One, two.'],
  ])('%s', async (_, first, second, whole) => {
    await using stage = await createStage(
      roles(
        () => text(first, false),
        () => text(second),
      ),
      goesOn,
    )
    const told = await readAnswer(await stage.ask({ stream: true }))
    expect(textOf(told)).toBe(whole)
    expect(told.stopReason).toBe('end_turn')
  })

  test('is gone on with once: a second break is told', async () => {
    await using stage = await createStage(
      roles(
        () => text(['One, '], false),
        () => text(['two, '], false),
      ),
      goesOn,
    )
    const told = await readAnswer(await stage.ask({ stream: true }))
    expect(told.body).toMatch(/One, .*two, /s)
    expect(told.error).toBeDefined()
    expect(stage.asked()).toEqual([1, 1])
    expect(stage.calls[0]?.error).toContain('two (two-model)')
  })

  test('holds no tool call: half of one is told as an error', async () => {
    const turn = { text: 'I look.', calls: [{ name: 'Read', input: { file_path: '/a/long/path/to/some/file.txt' } }] }
    await using stage = await createStage(
      roles(broken(4, turn), () => ({ text: 'no' })),
      goesOn,
    )
    const told = await readAnswer(
      await stage.ask({ stream: true, tools: [{ name: 'Read', input_schema: { type: 'object' } }] }),
    )
    expect(told.error).toBeDefined()
    expect(stage.asked()).toEqual([1, 0])
  })

  test('is wished for: without `continuation` the break is told', async () => {
    await using stage = await createStage(
      roles(
        () => text(['One, '], false),
        () => text(['two']),
      ),
    )
    expect((await readAnswer(await stage.ask({ stream: true }))).error).toBeDefined()
    expect(stage.asked()).toEqual([1, 0])
  })
})
