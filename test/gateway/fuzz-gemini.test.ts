import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { geminiFaults } from '../helper/fuzz/gemini-path.ts'
import { scriptedFetch } from '../helper/fuzz/scripted-fetch.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import type { Received } from '../helper/upstream.ts'

const PROVIDERS = ['anthropic-messages', 'openai-chat', 'gemini'] as const satisfies readonly ProtocolId[]
const MOST_MS = 1000

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const schema = (depth: number): string =>
  `${'{"type":"OBJECT","properties":{"a":'.repeat(depth)}{"type":"STRING"}${'}}'.repeat(depth)}`
const saying = (fields: object): string =>
  JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], ...fields })
const talk = (...contents: object[]): string => JSON.stringify({ contents })
const call = (index: number): object => ({ functionCall: { name: `call${index}`, args: {} } })
const result = (name: string): object => ({ functionResponse: { name, response: { output: 'x' } } })

const BODIES: readonly (readonly [string, () => string])[] = [
  ...[400, 900, 2000, 20_000].flatMap((depth) => [
    [
      `arguments ${depth} levels deep`,
      () => talk({ role: 'model', parts: [{ functionCall: { name: 'a', args: '@' } }] }).replace('"@"', nested(depth)),
    ] as const,
    [
      `parameters ${depth} levels deep`,
      () =>
        saying({ tools: [{ functionDeclarations: [{ name: 'a', parameters: '@' }] }] }).replace('"@"', schema(depth)),
    ] as const,
    [
      `a schema of the answer ${depth} levels deep`,
      () =>
        saying({ generationConfig: { responseMimeType: 'application/json', responseSchema: '@' } }).replace(
          '"@"',
          schema(depth),
        ),
    ] as const,
  ]),
  ['100,000 contents', () => talk(...times(100_000, () => ({ role: 'user', parts: [{ text: 'x' }] })))],
  ['100,000 parts', () => talk({ parts: times(100_000, () => ({ text: 'x' })) })],
  ['100,000 empty parts', () => talk({ parts: times(100_000, () => ({})) })],
  [
    '30,000 calls without ids and as many results of others',
    () => talk({ role: 'model', parts: times(30_000, call) }, { parts: times(30_000, () => result('other')) }),
  ],
  [
    '30,000 calls without ids and their results',
    () => talk({ role: 'model', parts: times(30_000, () => call(1)) }, { parts: times(30_000, () => result('call1')) }),
  ],
  [
    '10,000 functions of one name',
    () => saying({ tools: [{ functionDeclarations: times(10_000, () => ({ name: 'a' })) }] }),
  ],
  ['10,000 groups of tools', () => saying({ tools: times(10_000, () => ({ googleSearch: {}, codeExecution: {} })) })],
  [
    'a prototype',
    () => saying({}).replace('{', '{"__proto__":{"tools":7},"generationConfig":{"__proto__":{"topK":1}},'),
  ],
  [
    'keys that look like paths',
    () => saying({ 'generationConfig.topK': 5, 'toolConfig.a.b': 1, 'generationConfig.__proto__': 2 }),
  ],
  ['half characters everywhere', () => saying({ labels: { '\ud800': '\udc00' } }).replaceAll('Hi', '\\ud83d')],
  [
    'numbers beyond all bounds',
    () =>
      saying({ generationConfig: { topK: '@', thinkingConfig: { thinkingBudget: '@' } } }).replaceAll('"@"', '1e400'),
  ],
  [
    'a budget of negative infinity',
    () => saying({ generationConfig: { thinkingConfig: { thinkingBudget: '@' } } }).replace('"@"', '-1e400'),
  ],
  [
    'a signature of a million characters',
    () => talk({ role: 'model', parts: [{ text: 'x', thought: true, thoughtSignature: 'Y2Ny'.repeat(250_000) }] }),
  ],
]

describe.each(PROVIDERS)('a Gemini client of a provider of %s', (protocol) => {
  test.each(BODIES.map(([name, body]) => [name, body] as const))(
    'is answered %s in Google’s shape within a second',
    async (_, body) => {
      const fetch = scriptedFetch((asked) => answerTurn(asked as unknown as Received, { text: 'Good.' }))
      const { gateway, lines } = testGateway({ providers: [testProvider('http://127.0.0.1:1', protocol)] }, { fetch })
      const bytes = new TextEncoder().encode(body())
      for (const action of ['generateContent', 'streamGenerateContent?alt=sse']) {
        const before = process.cpuUsage()
        const response = await gateway(post(`/v1beta/models/m:${action}`, bytes))
        const answer = new Uint8Array(await response.arrayBuffer())
        const { user, system } = process.cpuUsage(before)
        expect(geminiFaults(response, answer)).toEqual([])
        expect((user + system) / 1000).toBeLessThan(MOST_MS)
      }
      expect(lines.filter(({ level }) => level === 'error').map(({ fields }) => String(fields.error))).toEqual([])
    },
  )
})
