import { expect, test } from 'bun:test'
import { holdsOddNumber } from '../../src/canonical/odd-number.ts'

test.each([
  '1.0',
  '[1.50]',
  '{"a":-0}',
  '{"a": -0 }',
  '[1,-0]',
  '{"a":1e5}',
  '{"a":1E+5,"b":"x"}',
  '{"a":12345678901234567890}',
  '{"a":0.10000000000000000001}',
  '{"a":1e400}',
  '{"text":"1.5 is fine","a":2.0}',
  '{"text":"ends in a backslash \\\\","a":2.0}',
  '{"text":"a \\"quoted 1.0\\" word","a":[true,false,null,2.0]}',
  '{"text":"x 1.0 and -0","text2":"-0","a":-0}',
  '[0.5,[0.25,{"a":1}],[{}],1.0]',
  '{"a":0.5,"b":\t\r\n1.0}',
])('%s holds a number that JavaScript would spell otherwise', (text) => {
  expect(holdsOddNumber(text)).toBe(true)
})

test.each([
  '1.5',
  '{}',
  '{"temperature":0.7,"top_p":0.95}',
  '[-0.5,1.25,1e+21,1.5e-7,0,1234567890123456]',
  '{"text":"version 1.0 of 2024-01-05, sha 4e5f, 12345678901234567890"}',
  '{"text":"{\\"a\\": 1.0, \\"b\\": -0, \\"c\\": [1e5]}"}',
  '{"date":"2024-01-05","ip":"10.0.0.1","time":"-08:00","name":"Tool-0"}',
  '{"text":"\\\\","more":"x -0, 1.0"}',
])('%s holds none', (text) => {
  expect(holdsOddNumber(text)).toBe(false)
})

test('a number is found wherever it stands among random values', () => {
  const random = randoms(7)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const plain = ['0', '-1', '0.25', '17', '-3.5', '1e+21']
  const odd = ['-0', '1.0', '-0.50', '2e3', '9007199254740993', '1E2', '0.00']
  const strings = ['""', '"1.0"', '"\\\\"', '"\\""', '"a 1.0, -0 \\\\\\" 2.0"', '":1.0"', '"e,"', '"true 1"']
  const value = (depth: number, number: () => string): string => {
    const kind = random()
    if (depth === 0 || kind < 0.4) return pick([number(), pick(strings), 'true', 'null'])
    const inner = Array.from({ length: Math.floor(random() * 4) }, () => value(depth - 1, number))
    const space = pick(['', ' ', '\n\t'])
    if (kind < 0.7) return `[${space}${inner.join(`${space},`)}]`
    return `{${inner.map((item) => `${pick(strings)}:${space}${item}`).join(`,${space}`)}}`
  }
  for (let round = 0; round < 3000; round++) {
    const text = value(4, () => pick([...plain, ...odd]))
    let isOdd = false
    JSON.parse(text, ((_key: string, item: unknown, { source }: { source?: string }) => {
      isOdd ||= typeof item === 'number' && JSON.stringify(item) !== source
      return item
    }) as (key: string, value: unknown) => unknown)
    if (isOdd) expect({ text, found: holdsOddNumber(text) }).toEqual({ text, found: true })
  }
})

test('a long text full of what looks like numbers is read once', () => {
  const texts = [
    JSON.stringify(Array.from({ length: 50_000 }, (_, index) => index + 0.5)),
    JSON.stringify('x,-0,1.5'.repeat(50_000)),
    JSON.stringify('1.5 '.repeat(50_000)),
    JSON.stringify(`"${'\\'.repeat(300_000)}1.5`),
    JSON.stringify('7'.repeat(300_000)),
  ]
  const start = performance.now()
  for (const text of texts) holdsOddNumber(text)
  expect(performance.now() - start).toBeLessThan(3000)
})

function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
