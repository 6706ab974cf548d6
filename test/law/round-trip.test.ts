import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { ModelError } from '../../src/canonical/error.ts'
import { EFFORTS, type ModelRequest } from '../../src/canonical/request.ts'
import type { Encoded, Target, WireRequest } from '../../src/protocol/protocol.ts'
import { hasRecordings, recordedRequests, capturedRequests, type RecordedRequest } from '../helper/shared.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { having } from './scenarios.ts'
import { unlistedDifference } from './round-trip.ts'

/** Models that a request is translated for: what can be said differs by their names. */
const MODELS: readonly (readonly [ProtocolId, string])[] = [
  ['anthropic-messages', 'claude-opus-5-5'],
  ['anthropic-messages', 'claude-sonnet-4-5'],
  ['openai-chat', 'gpt-5.2'],
  ['openai-chat', 'deepseek-v4'],
  ['openai-responses', 'gpt-5.2'],
  ['gemini', 'gemini-2.5-flash'],
  ['gemini', 'gemini-3-pro-preview'],
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['bedrock-converse', 'us.anthropic.claude-opus-4-6-v1'],
  ['bedrock-converse', 'us.amazon.nova-2-lite-v1:0'],
  ['bedrock-converse', 'meta.llama3-3-70b-instruct-v1:0'],
]

describe.each(MODELS)('law 7b: there and back by %s (%s) differs by what dropped lists', (protocol, model) => {
  const rows = having('request').filter(([, scenario]) => scenario.protocol.id !== protocol)
  test.each(rows)('request %s', (_, { protocol: client, request }) => {
    expect(faultsOf({ name: 'request', protocol: client.id, wire: request }, protocol, model)).toEqual([])
  })

  // The fixtures hold but some of the steps.
  test.each(EFFORTS.filter((effort) => effort !== 'none'))('effort %s of a Chat client', (reasoning_effort) => {
    const body = { model: 'gpt-5.2', messages: [{ role: 'user', content: 'Hello' }], reasoning_effort }
    expect(faultsOf({ name: 'effort', protocol: 'openai-chat', wire: wireOf(body) }, protocol, model)).toEqual([])
  })

  test.each([1024, 4000, 10_000, 20_000, 31_999])('budget %d of an Anthropic client', (budget_tokens) => {
    const thinking = { type: 'enabled', budget_tokens }
    const messages = [{ role: 'user', content: 'Hello' }]
    const body = { model: 'claude-sonnet-4-5', max_tokens: 64_000, messages, thinking }
    expect(faultsOf({ name: 'budget', protocol: 'anthropic-messages', wire: wireOf(body) }, protocol, model)).toEqual(
      [],
    )
  })

  test.skipIf(!hasRecordings)('every request that was seen', () => {
    const seen = [...capturedRequests(), ...recordedRequests()].filter((request) => request.protocol !== protocol)
    expect(seen.length).toBeGreaterThan(50)
    expect(seen.flatMap((request) => faultsOf(request, protocol, model))).toEqual([])
  })
})

test('a loss that is not listed is found', () => {
  const silent = { ...codecOf('gemini'), encodeRequest: withoutList }
  const found = having('request').filter(([, { protocol, request }]) => {
    if (protocol.id !== 'anthropic-messages') return false
    return unlistedDifference(protocol, request, silent, 'gemini-3-pro-preview').missing.length > 0
  })
  expect(found.map(([name]) => name)).toContain('anthropic-messages/tools')
})

function withoutList(request: ModelRequest, target: Target): Encoded {
  return { ...codecOf('gemini').encodeRequest(request, target), dropped: [] }
}

function wireOf(body: JsonObject): WireRequest {
  return { path: '', query: '', headers: {}, body }
}

function faultsOf({ name, protocol, wire }: RecordedRequest, by: ProtocolId, model: string) {
  try {
    const { missing, added } = unlistedDifference(codecOf(protocol), wire, codecOf(by), model)
    return missing.length + added.length > 0 ? [{ name, missing, added }] : []
  } catch (error) {
    // A clear refusal is no silent loss.
    if (error instanceof ModelError && error.kind === 'bad-request') return []
    throw error
  }
}
