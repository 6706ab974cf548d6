import { describe, expect, test } from 'bun:test'
import type { ModelEvent } from '../../src/canonical/event.ts'
import { mergeUsage, promptTokens, type Usage } from '../../src/canonical/usage.ts'
import type { Protocol } from '../../src/protocol/protocol.ts'
import {
  decodeContext,
  encodeContext,
  eventsIn,
  framesOf,
  having,
  run,
  streamContext,
  translations,
} from './scenarios.ts'

describe('law 8: counts agree with what the provider said, once', () => {
  test.each(having('stream', 'usage'))('stream %s', (_, { protocol, stream, usage }) => {
    expect(usageIn(eventsIn(protocol, framesOf(stream)))).toEqual(usage)
  })

  test.each(having('reply', 'usage'))('reply %s', (_, { protocol, reply, usage }) => {
    expect(protocol.decodeReply(reply, decodeContext()).usage).toEqual(usage)
  })

  test.each(translations('stream', 'usage'))('stream %s to a client of %s', (_name, _to, scenario, client) => {
    const frames = run(
      client.encodeStream(streamContext(client)),
      eventsIn(scenario.protocol, framesOf(scenario.stream)),
    )
    expect(totals(usageIn(eventsIn(client, frames)), client)).toEqual(totals(scenario.usage, client))
  })

  test.each(translations('reply', 'usage'))('reply %s to a client of %s', (_name, _to, scenario, client) => {
    const decoded = scenario.protocol.decodeReply(scenario.reply, decodeContext())
    const body = client.encodeReply(decoded, encodeContext())
    expect(totals(client.decodeReply(body, decodeContext()).usage, client)).toEqual(totals(scenario.usage, client))
  })
})

function usageIn(events: readonly ModelEvent[]): Usage | undefined {
  return events.reduce<Usage | undefined>(
    (sum, event) => (event.type === 'usage' ? mergeUsage(sum, event.usage) : sum),
    undefined,
  )
}

/** Protocols that count reasoning as output alone. */
const WITHOUT_REASONING: ReadonlySet<string> = new Set(['bedrock-converse'])

/** What the client's protocol counts. */
function totals(usage: Usage | undefined, client: Protocol) {
  return (
    usage && {
      prompt: promptTokens(usage),
      cacheRead: usage.cacheRead ?? 0,
      output: usage.output,
      reasoning: WITHOUT_REASONING.has(client.id) ? 0 : (usage.reasoning ?? 0),
    }
  )
}
