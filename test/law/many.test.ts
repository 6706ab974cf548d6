import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { codecs } from './scenarios.ts'

const CALLS = 30_000
/** Far more than they take, far less than a cost that grows with the square of their number. */
const MOST_SECONDS = 3

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => make(at))
const asking = (...calls: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: calls })
const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'read', arguments: '{"a":1}' } })
const told = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'done' })
const document = (index: number): JsonObject => ({
  type: 'file',
  file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${btoa(String(index))}` },
})

const HISTORIES: Readonly<Record<string, () => JsonObject[]>> = {
  'calls in one turn': () => [asking(...times(CALLS, (at) => call(`c${at}`))), ...times(CALLS, (at) => told(`c${at}`))],
  'calls of one id in one turn': () => [asking(...times(CALLS, () => call('c'))), ...times(CALLS, () => told('c'))],
  'calls in a turn each': () => times(CALLS, (at) => [asking(call(`c${at}`)), told(`c${at}`)]).flat(),
  'calls of one id in a turn each': () => times(CALLS, () => [asking(call('c')), told('c')]).flat(),
  'documents of one name': () => [{ role: 'user', content: times(CALLS, document) }],
}

describe('very much in one request costs what its parts do', () => {
  const rows = codecs.flatMap((codec) =>
    Object.entries(HISTORIES).map(([name, make]) => [codec.id, name, make] as const),
  )

  test.each(rows)('to a provider of %s: %s', (provider, _, make) => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }, ...make()], tools: [] }
    const { seconds, encoded } = encode(provider, body)
    expect(JSON.stringify(encoded.wire.body).length).toBeGreaterThan(CALLS)
    expect(seconds).toBeLessThan(MOST_SECONDS)
  })

  test.each(codecs.map(({ id }) => [id] as const))(
    'to a provider of %s: tools whose names it does not take',
    (provider) => {
      const name = (at: number): string => String.fromCodePoint(0x4e00 + at)
      const tools = times(20_000, (at) => ({
        type: 'function',
        function: { name: name(at), parameters: { type: 'object' } },
      }))
      const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools }
      const { seconds, encoded } = encode(provider, body)
      expect(new Set(encoded.context.toolNames?.keys()).size).toBe(20_000)
      expect(seconds).toBeLessThan(MOST_SECONDS)
    },
  )
})

function encode(provider: (typeof codecs)[number]['id'], body: JsonObject) {
  const before = process.cpuUsage()
  const request = codecOf('openai-chat').decodeRequest({ path: '', query: '', headers: {}, body })
  const encoded = codecOf(provider).encodeRequest(request, { provider: 'p', model: 'm', traits: {} })
  const { user, system } = process.cpuUsage(before)
  return { encoded, seconds: (user + system) / 1e6 }
}
