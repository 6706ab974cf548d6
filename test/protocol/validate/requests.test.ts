import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../../src/canonical/error.ts'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import { withCacheMarks } from '../../../src/protocol/cache-marks.ts'
import { codecOf, protocols } from '../../../src/protocol/index.ts'
import { policyOf } from '../../../src/provider/policy.ts'
import { ANTHROPIC_REQUESTS } from '../../helper/fuzz/anthropic-requests.ts'
import { capturedRequests, hasRecordings, recordedRequests, type RecordedRequest } from '../../helper/shared.ts'
import { having } from '../../law/scenarios.ts'
import { anthropicFaults } from './anthropic.ts'
import { converseFaults } from './bedrock.ts'
import { chatFaults } from './chat.ts'
import { geminiFaults } from './gemini.ts'
import { responsesFaults } from './responses.ts'

/** A provider's protocol, a model of his, and what his specification finds wrong with a request for that model. */
type Validator = readonly [ProtocolId, string, (body: JsonObject, model: string) => string[]]

const PROVIDERS: readonly Validator[] = [
  ['anthropic-messages', 'claude-sonnet-4-5', anthropicFaults],
  ['openai-chat', 'some-model', chatFaults],
  ['openai-responses', 'gpt-5.1', responsesFaults],
  ['gemini', 'gemini-2.5-pro', geminiFaults],
  ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', converseFaults],
  ['bedrock-converse', 'us.anthropic.claude-opus-4-6-v1', converseFaults],
  ['bedrock-converse', 'us.amazon.nova-2-lite-v1:0', converseFaults],
  ['bedrock-converse', 'meta.llama3-3-70b-instruct-v1:0', converseFaults],
]

describe.each(PROVIDERS)('what a provider of %s (%s) is sent', (protocol, model, faultsIn) => {
  const own = having('request').map(([name, scenario]) => ({
    name,
    protocol: scenario.protocol.id,
    wire: scenario.request,
  }))
  const shapes = ANTHROPIC_REQUESTS.map((body, index) => ({
    name: `shape ${index}`,
    protocol: 'anthropic-messages' as const,
    wire: { path: '/messages', query: '', headers: {}, body: body as JsonObject },
  }))
  test.each(
    [...own, ...shapes]
      .filter((request) => request.protocol !== protocol)
      .map((request) => [request.name, request] as const),
  )('%s keeps to its specification', (_, request) => {
    expect(faultsOf(request)).toEqual([])
  })

  test.skipIf(!hasRecordings)(
    'every request that Claude Code and Codex were seen to send keeps to its specification',
    () => {
      const captured = capturedRequests()
      expect(captured.length).toBeGreaterThan(50)
      expect(tally(captured)).toEqual({})
    },
  )

  test.skipIf(!hasRecordings)('every recorded request of other clients keeps to its specification', () => {
    const recorded = recordedRequests().filter((request) => protocols[request.protocol])
    expect(recorded.length).toBeGreaterThan(300)
    expect(tally(recorded)).toEqual({})
  })

  function faultsOf(request: RecordedRequest): string[] {
    // What a client says in the provider's own protocol is its own, vendor's extras and all: only what we add is judged.
    const before = request.protocol === protocol ? new Set(faultsIn(request.wire.body, model)) : new Set<string>()
    const body = encoded(request)
    return body ? faultsIn(body, model).filter((fault) => !before.has(fault)) : []
  }

  /** What would be sent; nothing if the client is told in a clear error that this provider cannot be asked. */
  function encoded({ protocol: client, wire }: RecordedRequest): JsonObject | undefined {
    try {
      const decoded = codecOf(client).decodeRequest({ ...wire, body: { model, ...wire.body } })
      const traits = { cacheMarks: policyOf(model, { protocol }).traits.cacheMarks ?? [] }
      const marked = withCacheMarks({ ...decoded, model }, protocol, traits)
      const sent = codecOf(protocol).encodeRequest(marked, { provider: 'p', model, traits })
      return JSON.parse(JSON.stringify(sent.wire.body)) as JsonObject
    } catch (cause) {
      if (cause instanceof ModelError && cause.status < 500) return undefined
      throw cause
    }
  }

  /** Each kind of fault with how often it was found and where first. */
  function tally(requests: readonly RecordedRequest[]): Record<string, string> {
    expect(requests.filter((request) => !encoded(request)).length).toBeLessThan(requests.length / 10)
    const found = new Map<string, { count: number; first: string }>()
    for (const request of requests) {
      for (const fault of faultsOf(request)) {
        const kind = fault.replaceAll(/\[\d+\]/g, '[]')
        const known = found.get(kind)
        found.set(kind, { count: (known?.count ?? 0) + 1, first: known?.first ?? request.name })
      }
    }
    return Object.fromEntries([...found].map(([kind, { count, first }]) => [kind, `${count} times, first in ${first}`]))
  }
})
