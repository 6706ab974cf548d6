import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeContext, delta, ending, eventsOfChunks, faultsOf, piece, replyOfChunks } from './answer.ts'

type Call = [id: string, name: string, input: string]

const callsOf = (chunks: readonly (object | string)[]): Call[] =>
  replyOfChunks(chunks).parts.flatMap((part): Call[] =>
    part.type === 'tool-call' ? [[part.id, part.name, part.input]] : [],
  )

const calls = (...pieces: object[]) => delta({ tool_calls: pieces })

describe('vendors’ ways to send calls', () => {
  test.each<[name: string, chunks: object[], expected: Call[]]>([
    [
      'in pieces, by index',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '' })),
        calls(piece({ index: 0, args: '{"x":' })),
        calls(piece({ index: 0, args: '1}' })),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'whole, in one chunk',
      [
        calls(
          piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' }),
          piece({ index: 1, id: 'b', name: 'g', args: '{"y":2}' }),
        ),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'interleaved',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x"' })),
        calls(piece({ index: 1, id: 'b', name: 'g', args: '{"y"' })),
        calls(piece({ index: 0, args: ':1}' })),
        calls(piece({ index: 1, args: ':2}' })),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'without index, by id',
      [
        calls(piece({ id: 'a', name: 'f', args: '{"x"' })),
        calls(piece({ id: 'b', name: 'g', args: '{"y"' })),
        calls(piece({ id: 'a', args: ':1}' })),
        calls(piece({ id: 'b', args: ':2}' })),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'without index and id',
      [calls(piece({ name: 'f', args: '{"x"' })), calls(piece({ args: ':1}' }))],
      [['call_new0', 'f', '{"x":1}']],
    ],
    [
      'whole ones without index and id',
      [calls(piece({ name: 'f', args: '{"x":1}' }), piece({ name: 'f', args: '{"x":1}' }))],
      [
        ['call_new0', 'f', '{"x":1}'],
        ['call_new1', 'f', '{"x":1}'],
      ],
    ],
    [
      'id and name again in each piece',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x"' })),
        calls(piece({ index: 0, id: 'a', name: 'f', args: ':1}' })),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'another id in each piece',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x"' })), calls(piece({ index: 0, id: 'b', args: ':1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'one index for two calls',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' })),
        calls(piece({ index: 0, id: 'b', name: 'f', args: '{"x":2}' })),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'f', '{"x":2}'],
      ],
    ],
    [
      'one index for two calls without ids',
      [calls(piece({ index: 0, name: 'f', args: '{"x":1}' })), calls(piece({ index: 0, name: 'g', args: '{"x":2}' }))],
      [
        ['call_new0', 'f', '{"x":1}'],
        ['call_new1', 'g', '{"x":2}'],
      ],
    ],
    [
      'one id for two calls',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{}' })),
        calls(piece({ index: 1, id: 'a', name: 'g', args: '{"x":1}' })),
      ],
      [
        ['a', 'f', '{}'],
        ['call_new0', 'g', '{"x":1}'],
      ],
    ],
    [
      'the id before the name',
      [calls(piece({ index: 0, id: 'a' })), calls(piece({ index: 0, name: 'f', args: '{"x":1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'the name after the arguments',
      [calls(piece({ index: 0, id: 'a', args: '{"x"' })), calls(piece({ index: 0, name: 'f', args: ':1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'the id after the name',
      [calls(piece({ index: 0, name: 'f', args: '' })), calls(piece({ index: 0, id: 'a', args: '{"x":1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'arguments as an object',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: { x: 1 } }))],
      [['a', 'f', '{"x":1}']],
    ],
    ['no arguments at all', [calls(piece({ index: 0, id: 'a', name: 'f' }))], [['a', 'f', '']]],
    [
      'filler before the call',
      [
        calls(piece({ index: 0, id: '', name: '', args: '' })),
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' })),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'filler that never becomes a call',
      [delta({ content: 'a' }), calls(piece({ index: 0, name: '', args: '{}' }))],
      [],
    ],
    [
      'the old function_call',
      [delta({ function_call: { name: 'f', arguments: '{"x"' } }), delta({ function_call: { arguments: ':1}' } })],
      [['call_new0', 'f', '{"x":1}']],
    ],
    [
      'indexes that begin at one',
      [calls(piece({ index: 1, id: 'a', name: 'f', args: '{"x":1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'arguments twice',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' })), calls(piece({ index: 0, args: '{"x":1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'arguments twice in one piece',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}{"x":1}' }))],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'an empty object before the real one',
      [
        calls(piece({ index: 0, id: 'a', name: 'f', args: '{}' })),
        calls(piece({ index: 0, args: '{"x"' })),
        calls(piece({ index: 0, args: ':1}' })),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'an empty object twice',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{}' })), calls(piece({ index: 0, args: '{}' }))],
      [['a', 'f', '{}']],
    ],
    [
      'two different objects are two calls',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}{"x":2}' }))],
      [
        ['a', 'f', '{"x":1}'],
        ['call_new0', 'f', '{"x":2}'],
      ],
    ],
    [
      'broken JSON stays as it is',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":' }))],
      [['a', 'f', '{"x":']],
    ],
    [
      'braces in strings are no ends',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":"}{\\"' })), calls(piece({ index: 0, args: '}"}' }))],
      [['a', 'f', '{"x":"}{\\"}"}']],
    ],
    [
      'arguments that are no object',
      [calls(piece({ index: 0, id: 'a', name: 'f', args: '"' })), calls(piece({ index: 0, args: 'x"' }))],
      [['a', 'f', '"x"']],
    ],
  ])('%s', (_name, chunks, expected) => {
    expect(callsOf([...chunks, ...ending('tool_calls')])).toEqual(expected)
    expect(faultsOf(eventsOfChunks([...chunks, ...ending('tool_calls')]))).toEqual([])
  })
})

test('numbers in arguments that come as an object are not changed', () => {
  const chunk =
    '{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"id":12345678901234567890}}}]}}]}'
  expect(callsOf([chunk, ...ending('tool_calls')])).toEqual([['a', 'f', '{"id":12345678901234567890}']])
})

test('a call whose arguments are whole ends when the next one starts', () => {
  const events = eventsOfChunks([
    calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' })),
    calls(piece({ index: 1, id: 'b', name: 'g', args: '{"y":2}' })),
    ...ending('tool_calls'),
  ])
  const order = events.map((event) => ('index' in event ? `${event.type} ${event.index}` : event.type))
  expect(order.indexOf('part-end 0')).toBeLessThan(order.indexOf('part-start 1'))
})

test('what comes for a call that has ended is a repetition or a call of its own', () => {
  const first = calls(piece({ index: 0, id: 'a', name: 'f', args: '{"x":1}' }))
  const second = calls(piece({ index: 1, id: 'b', name: 'g', args: '{"y":2}' }))
  const late = (args: string) => callsOf([first, second, calls(piece({ index: 0, args })), ...ending('tool_calls')])
  expect(late('{"x":1}')).toEqual([
    ['a', 'f', '{"x":1}'],
    ['b', 'g', '{"y":2}'],
  ])
  expect(late('{"x":3}')).toEqual([
    ['a', 'f', '{"x":1}'],
    ['b', 'g', '{"y":2}'],
    ['call_new0', 'f', '{"x":3}'],
  ])
})

test('the client’s own name stands for the one that the provider was told', () => {
  const context = decodeContext({ toolNames: new Map([['f_1', 'f.1']]) })
  const reply = replyOfChunks(
    [calls(piece({ index: 0, id: 'a', name: 'f_1', args: '{}' })), ...ending('stop')],
    context,
  )
  expect(reply.parts).toMatchObject([{ name: 'f.1' }])
})

test('Gemini’s signature of a call comes with its origin', () => {
  const signed = {
    ...piece({ index: 0, id: 'a', name: 'f', args: '{}' }),
    extra_content: { google: { thought_signature: 'sig' } },
  }
  expect(replyOfChunks([calls(signed), ...ending('stop')]).parts).toMatchObject([
    { signature: 'sig', origin: { provider: 'acme', model: 'm-1' } },
  ])
})

test('calls in any interleaving and any cut come out as they went in', () => {
  const input = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }).map((value) => JSON.stringify(value))
  const call = fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    input,
    cuts: fc.array(fc.nat(60), { maxLength: 6 }),
  })
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.boolean(),
      (sent, picks, byId) => {
        const queues = sent.map(({ name, input: text, cuts }, index) => {
          const label = byId ? { id: `id${index}` } : { index }
          return [
            piece({ ...label, id: `id${index}`, name, args: '' }),
            ...cutAt(text, cuts).map((args) => piece({ ...label, args })),
          ]
        })
        const chunks = interleave(queues, picks).map((one) => calls(one))
        const events = eventsOfChunks([...chunks, ...ending('tool_calls')])
        expect(faultsOf(events)).toEqual([])
        const got = new Map(callsOf([...chunks, ...ending('tool_calls')]).map(([id, name, text]) => [id, [name, text]]))
        sent.forEach(({ name, input: text }, index) => expect(got.get(`id${index}`)).toEqual([name, text]))
        expect(got.size).toBe(sent.length)
      },
    ),
    { numRuns: 300 },
  )
})

function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].toSorted((a, b) => a - b)
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}

function interleave<T>(queues: readonly T[][], picks: readonly number[]): T[] {
  const left = queues.map((queue) => [...queue])
  const out: T[] = []
  for (const pick of picks) {
    const item = left[pick % left.length]?.shift()
    if (item !== undefined) out.push(item)
  }
  return [...out, ...left.flat()]
}
