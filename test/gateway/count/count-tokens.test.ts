import { beforeAll, describe, expect, test } from 'bun:test'
import type { ModelRequest } from '../../../src/canonical/request.ts'
import { countTokens } from '../../../src/gateway/count/count-tokens.ts'
import { segmentsOf } from '../../../src/gateway/count/segments.ts'
import { loadTokenizer, type Tokenizer } from '../../../src/gateway/count/tokenizer.ts'
import { requestWith } from '../../router/request.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer()
  // The first texts are slow everywhere: the code is not compiled yet.
  await count(withText(prose.repeat(2_000)))
})

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const withText = (text: string): ModelRequest =>
  requestWith({ messages: [{ role: 'user', parts: [{ type: 'text', text }] }] })
const count = (request: ModelRequest, pause = nextTurn): Promise<number> => countTokens(request, { tokenizer, pause })

const prose =
  'The router reads a request, looks at the facts that its rules ask for, and chooses who shall answer it.\n'
const code = 'export function add(one: number, other: number): number {\n    return one + other * 1_024\n}\n\n'
const chinese = '开发者可以让模型阅读整个代码仓库，然后提出修改建议，并自动运行测试来验证结果。\n'
const json =
  '{"type":"object","properties":{"path":{"type":"string","description":"Absolute path"}},"required":["path"]},'
const random = base64Of(1_000_000)

describe('a text that is counted whole', () => {
  test.each([
    ['prose', prose.repeat(50)],
    ['code', code.repeat(50)],
    ['Chinese', chinese.repeat(50)],
    ['JSON', json.repeat(50)],
    ['base64', random.slice(0, 5_000)],
  ])('%s: within two percent of the tokenizer at one go', async (_name, text) => {
    const { countTokens: wholeText } = await import('gpt-tokenizer/encoding/o200k_base')
    expect(((await count(withText(text))) - 11) / wholeText(text)).toBeWithin(0.98, 1.03)
  })

  test('a special token is text like any other', async () => {
    expect(await count(withText('<|endoftext|><|im_start|><|endofprompt|>'))).toBeWithin(15, 40)
  })
})

test('a large text is counted in part, and comes within a percent of the whole', async () => {
  const mixed = Array.from(
    { length: 6_000 },
    (_unused, index) => [prose, code, json][(index * index + (index >> 5)) % 3],
  ).join('')
  const whole = segmentsOf(mixed).reduce((sum, segment) => sum + tokenizer(segment), 0)
  expect(whole).toBeGreaterThan(50_000)
  expect((await count(withText(mixed))) / whole).toBeWithin(0.99, 1.01)
})

const heavy: [string, string][] = [
  ['prose', prose.repeat(10_000)],
  ['code', code.repeat(11_000)],
  ['one character', 'a'.repeat(1_000_000)],
  ['spaces', ' '.repeat(1_000_000)],
  ['line breaks', '\n'.repeat(1_000_000)],
  ['one ideograph', '的'.repeat(1_000_000)],
  ['Chinese', chinese.repeat(25_000)],
  ['lone surrogates', '\ud800'.repeat(1_000_000)],
  ['emoji', '😀👍🏽'.repeat(170_000)],
  ['base64', random],
  ['hexadecimal', Buffer.from(random.slice(0, 500_000)).toString('hex')],
  ['punctuation', '!@#$%^&*()_+{}|:"<>?'.repeat(50_000)],
]

test.each(heavy)('a megabyte of %s takes less than 100 ms, in short turns', async (_name, text) => {
  const runs = []
  // The best of four, each cut differently so that no run finds its words in the cache: other programs take time too.
  for (let run = 0; run < 4; run++) runs.push(await timed(withText(text.slice(run * 37))))
  expect(Math.min(...runs.map((run) => run.total))).toBeLessThan(100 * slowness)
  expect(Math.min(...runs.map((run) => run.longestTurn))).toBeLessThan(20 * slowness)
  for (const run of runs) expect(run.tokens).toBeWithin(5_000, 2_100_000)
})

async function timed(request: ModelRequest): Promise<{ tokens: number; total: number; longestTurn: number }> {
  const started = performance.now()
  let longestTurn = 0
  let began = started
  const tokens = await count(request, async () => {
    longestTurn = Math.max(longestTurn, performance.now() - began)
    await nextTurn()
    began = performance.now()
  })
  return { tokens, total: performance.now() - started, longestTurn }
}

test('of 24 at once none keeps the thread: others have their turn all the while', async () => {
  let turns = 0
  let running = true
  let longest = 0
  const others = (async () => {
    for (let before = performance.now(); running; turns++) {
      await nextTurn()
      longest = Math.max(longest, performance.now() - before)
      before = performance.now()
    }
  })()
  const counts = await Promise.all(Array.from({ length: 24 }, () => count(withText(prose.repeat(1_500)))))
  running = false
  await others
  expect(new Set(counts).size).toBe(1)
  expect(turns).toBeGreaterThan(5)
  // A turn of each of the 24, at most.
  expect(longest).toBeLessThan(24 * 20 * slowness)
})

test('parts of every kind are counted, media by their size', async () => {
  const image = { type: 'media', kind: 'image', source: { type: 'base64', data: 'A'.repeat(4_000_000) } } as const
  const request = requestWith({
    messages: [{ role: 'user', parts: [{ type: 'tool-result', id: 't', content: [image] }] }],
  })
  expect(await count(request)).toBeWithin(1_600, 1_650)
})

test('without a tokenizer the estimate serves', async () => {
  const tokens = await countTokens(withText(prose.repeat(100)), { pause: nextTurn })
  expect(tokens / (await count(withText(prose.repeat(100))))).toBeWithin(0.7, 1.4)
})

test('a factor scales the count', async () => {
  const request = withText(prose.repeat(100))
  expect(
    (await countTokens(request, { tokenizer, pause: nextTurn, factor: 1.3 })) / (await count(request)),
  ).toBeCloseTo(1.3, 2)
})

describe('segments', () => {
  test.each(heavy)('of %s add up to the text and are short', (_name, text) => {
    const part = text.slice(0, 20_000)
    const segments = segmentsOf(part)
    expect(segments.join('')).toBe(part)
    expect(Math.max(...segments.map((segment) => segment.length))).toBeLessThan(130)
    expect(Math.min(...segments.slice(0, -1).map((segment) => segment.length))).toBeGreaterThan(60)
  })

  test('never cut a surrogate pair', () => {
    for (const shift of ['', 'x']) {
      const segments = segmentsOf(shift + '😀'.repeat(1_000))
      expect(segments.every((segment) => segment.isWellFormed())).toBe(true)
    }
  })

  test('of nothing are none', () => {
    expect(segmentsOf('')).toEqual([])
  })
})

// The bounds hold on a machine of its own; continuous integration may be slower.
const slowness = 3

/** Always the same, and as hard on the tokenizer as a real file. */
function base64Of(length: number): string {
  const bytes = new Uint8Array((length * 3) / 4)
  for (let index = 0, seed = 1; index < bytes.length; index++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    bytes[index] = seed >>> 16
  }
  return Buffer.from(bytes).toString('base64')
}
