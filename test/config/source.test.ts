import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { pathText } from '../../src/config/place.ts'
import { readSource } from '../../src/config/source.ts'
import { closest, didYouMean } from '../../src/config/suggest.ts'

const text = `// first
{
  a: [1, {"b c": 'x'}], /* two
  lines */ "\\u0061b": null,
  'd': {
    e: -0x1F, f: .5, g: +Infinity,
  },
}`

describe('places', () => {
  test.each([
    [[], '2:1', '2:1'],
    [['a'], '3:6', '3:3'],
    [['a', 1], '3:10', '3:10'],
    [['a', 1, 'b c'], '3:18', '3:11'],
    [['ab'], '4:23', '4:12'],
    [['d', 'e'], '6:8', '6:5'],
    [['d', 'g'], '6:25', '6:22'],
    [['d', 'missing'], '5:8', '5:8'],
    [['nowhere', 3, 'x'], '2:1', '2:1'],
  ])('%j is at %s, its key at %s', (path, value, key) => {
    const source = readSource(text)
    const at = (atKey: boolean) => Object.values(source.place(path, atKey)).join(':')
    expect([source.error, at(false), at(true)]).toEqual([undefined, value, key])
  })

  test('lines may end in any way', () => {
    const source = readSource('\ufeff{\r\n"a":1,\r"b":2,\n"c":3}')
    expect(['a', 'b', 'c'].map((key) => source.place([key]))).toEqual([
      { line: 2, column: 5 },
      { line: 3, column: 5 },
      { line: 4, column: 5 },
    ])
  })

  test.each([
    [[], ''],
    [['Providers', 0, 'api_base_url'], 'Providers[0].api_base_url'],
    [['transformer', 'deepseek-chat', 'use', 1], 'transformer["deepseek-chat"].use[1]'],
    [['a b'], '["a b"]'],
  ])('%j is written %s', (path, written) => {
    expect(pathText(path)).toBe(written)
  })
})

/** Whether Bun's own reader takes the text. */
function isReadable(json5: string): boolean {
  try {
    Bun.JSON5.parse(json5)
    return true
  } catch {
    return false
  }
}

describe('errors', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    "'",
    '\\',
    '/',
    '//',
    '/*',
    '*/',
    '\n',
    '\r',
    '0',
    '1',
    '.',
    'e',
    '+',
    '-',
    'x',
    'true',
    'nul',
    '$',
    '_',
    '#',
    '\u2028',
    'é',
    '\\u0061',
    '\t',
    ' ',
    'NaN',
    '0x',
    '\\\n',
    '01',
    '😀',
  ]

  test('whatever Bun cannot read has a place, and what it can read has none', () => {
    const edit = fc.record({ at: fc.nat(200), remove: fc.nat(2), piece: fc.constantFrom(...pieces) })
    const starts = fc.constantFrom(text, '{"a":["b",{"c":1.5e3}],d:{}}')
    fc.assert(
      fc.property(starts, fc.array(edit, { maxLength: 3 }), (start, edits) => {
        const edited = edits.reduce<string>(
          (current, { at, remove, piece }) => current.slice(0, at) + piece + current.slice(at + remove),
          start,
        )
        expect([edited, readSource(edited).error === undefined]).toEqual([edited, isReadable(edited)])
      }),
      { numRuns: 3000 },
    )
  })

  test.each(['+Infinity', '-Infinity', '+NaN', 'Infinity', 'NaN', '-0x1F', '1', 'true', 'null'])(
    'a blank that nobody sees behind %s has a place exactly where Bun refuses it',
    (value) => {
      for (const blank of ['\u00a0', '\u2003', '\ufeff', '\u2028', '\u3000']) {
        const edited = `{g:${value}${blank},}`
        expect([edited, readSource(edited).error === undefined]).toEqual([edited, isReadable(edited)])
      }
    },
  )

  test('any text at all is survived', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (any) => void readSource(any)))
  })

  test.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('nesting deeper than the stack is survived: %s', (open, close) => {
    const deep = open.repeat(5000) + '1' + close.repeat(5000)
    expect(() => readSource(deep)).not.toThrow()
  })
})

describe('suggestions', () => {
  test.each([
    ['Provider', 'Providers'],
    ['providers', 'Providers'],
    ['Provdiers', 'Providers'],
    ['Rooter', 'Router'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['PRT', 'PORT'],
    ['Weather', undefined],
    ['x', undefined],
    ['', undefined],
    ['APIKY', 'APIKEY'],
  ])('%s is near %s', (word, candidate) => {
    expect(closest(word, ['Providers', 'Router', 'LOG_LEVEL', 'LOG', 'PORT', 'APIKEY'])).toBe(candidate)
  })

  test('the nearest is asked for', () => {
    expect([didYouMean('chek', ['path', 'check', 'init']), didYouMean('quux', ['path'])]).toEqual([
      'did you mean `check`?',
      undefined,
    ])
  })
})
