import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createMatcher } from '../../../src/router/regex/automaton.ts'
import { PatternError } from '../../../src/router/regex/node.ts'
import { parseRegex } from '../../../src/router/regex/parse.ts'

const matches = (source: string, text: string, ignoreCase = false): boolean =>
  createMatcher(parseRegex(source), ignoreCase)(text)

describe('agrees with the engine on whether a part matches', () => {
  const sources = [
    'a',
    '^a',
    'a$',
    '^$',
    'a|b',
    '(a|b)c',
    '(?:ab)+',
    'a*b',
    'a+?b',
    'a?b',
    'a{2}',
    'a{2,}',
    'a{1,3}b',
    '[a-c]x',
    '[^a-c]',
    '[]a]'.replace('[]a]', '[\\]a]'),
    '[a-]',
    '\\d+',
    '\\w\\W',
    '\\s',
    '\\bab',
    'ab\\b',
    '\\Bb',
    '.',
    'a.b',
    '\\.',
    '\\x41',
    '\\u0062',
    '(?<name>a)b',
    '((a))',
    'a{,2}',
    'a{',
    '',
    '(|a)b',
    '(a*)*b',
    '(a|a)*b',
    '^(?:a|ab)(?:c|bcd)$',
    'ä+',
    '[ä-ü]',
    '\\n',
    '[\\d.]+',
    '[\\W]',
    'a^b',
    'x$y',
    '\\/',
    'a||b',
    '(?:)*a',
    '[^]',
    '😀',
    '\\b\\b',
    '\\t|\\r',
  ]
  const alphabet = [...'aabbcdxyzABC01 ._-]{}/,\n\täÜ'].concat('😀')
  test.each(sources.map((source) => [source]))('%s', (source) => {
    for (const ignoreCase of [false, true]) {
      const engine = new RegExp(source, ignoreCase ? 'i' : '')
      const own = createMatcher(parseRegex(source), ignoreCase)
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }), (letters) => {
          const text = letters.join('')
          expect(own(text)).toBe(engine.test(text))
        }),
        { numRuns: 150 },
      )
    }
  })
})

test('made-up expressions agree with the engine, too', () => {
  const leaf = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\w', '^', '$', '\\b', 'c')
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => one + other),
      fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(?:${one}|${other})`),
      fc.tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}')).map(([one, times]) => `(?:${one})${times}`),
    ),
  }))
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ' ', 'A'), { maxLength: 6 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(tree, text, (source, subject) => {
      expect([source, subject, matches(source, subject, true)]).toEqual([
        source,
        subject,
        new RegExp(source, 'i').test(subject),
      ])
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['(a', '`)`'],
  ['a)', '`(`'],
  ['[a', '`]`'],
  ['*a', 'nothing to repeat'],
  ['a**', 'nothing to repeat'],
  ['a{3,1}', 'wrong way round'],
  ['a{1001}', 'more than 1000 times'],
  ['(?:a{1000}){1000}', 'too large'],
  ['[z-a]', 'wrong way round'],
  ['(?=a)', 'looking ahead'],
  ['(?<!a)b', 'looking ahead or behind'],
  ['(a)\\1', 'refers back'],
  ['\\k<a>', 'refers back'],
  ['\\p{L}', 'not known'],
  ['a\\', 'at the end'],
  ['\\xZZ', 'hexadecimal'],
  ['^*', 'cannot be repeated'],
  ['[😀]', 'cannot stand in'],
  ['('.repeat(100) + ')'.repeat(100), 'too deeply'],
])('%s is refused: %s', (source, words) => {
  expect(() => matches(source, 'a')).toThrow(PatternError)
  expect(() => matches(source, 'a')).toThrow(words)
})

test.each([
  ['(a+)+$', 'a'.repeat(100_000) + '!'],
  ['(a|a)*b', 'a'.repeat(100_000)],
  ['(a|aa)+$', 'a'.repeat(100_000) + 'b'],
  ['(.*a){20}$', 'a'.repeat(10_000) + 'b'],
  ['a*a*a*a*a*a*b', 'a'.repeat(50_000)],
  ['([a-zA-Z]+)*\\d', 'x'.repeat(100_000)],
  ['(?:(?:(?:){1000}){1000}){1000}a', 'b'],
])('%s ends soon on a long text that does not match', (source, text) => {
  const start = performance.now()
  expect(matches(source, text)).toBe(false)
  expect(performance.now() - start).toBeLessThan(2000)
})

test('memory stays bounded where every text leads to a new state', () => {
  const own = createMatcher(parseRegex('(a|b)*a(a|b){14}c'), false)
  let text = ''
  for (let index = 0, seed = 1; index < 20_000; index++) {
    seed = (seed * 48_271) % 2_147_483_647
    text += seed % 2 === 0 ? 'a' : 'b'
  }
  expect(own(text)).toBe(false)
  expect(own(`${text}${'a'.repeat(15)}c`)).toBe(true)
})
