import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { eventsOf } from '../../../src/canonical/reply.ts'
import { codecOf } from '../../../src/protocol/index.ts'
import { openaiResponses } from '../../../src/protocol/openai-responses/index.ts'

const SEARCH = {
  type: 'tool_search',
  execution: 'client',
  description: 'Finds tools.',
  parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
}
const FOUND = {
  type: 'namespace',
  name: 'agents',
  description: 'Sub-agents.',
  tools: [
    {
      type: 'function',
      name: 'spawn',
      description: 'Starts one.',
      parameters: { type: 'object' },
      defer_loading: true,
    },
  ],
}
const BODY: JsonObject = {
  model: 'm',
  input: [
    { type: 'message', role: 'user', content: 'Delegate.' },
    {
      type: 'tool_search_call',
      call_id: 'c1',
      execution: 'client',
      status: 'completed',
      arguments: { query: 'agent' },
    },
    { type: 'tool_search_output', call_id: 'c1', execution: 'client', status: 'completed', tools: [FOUND] },
  ],
  tools: [SEARCH],
}
const decoded = (body: JsonObject) =>
  openaiResponses.decodeRequest({ path: '/responses', query: '', headers: {}, body })
const sentTo = (protocol: Parameters<typeof codecOf>[0]) =>
  codecOf(protocol).encodeRequest(decoded(BODY), { provider: 'p', model: 'm', traits: {} })

describe('a search for tools that the client makes itself', () => {
  test('goes to a provider of its own protocol as it came', () => {
    expect(sentTo('openai-responses').wire.body).toEqual(BODY)
  })

  test.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
    'is a function for a provider of %s, and what it found can be called',
    (protocol) => {
      const { wire, dropped } = sentTo(protocol)
      const text = JSON.stringify(wire.body)
      for (const said of ['Finds tools.', 'c1', 'agent', 'agents__spawn', 'Starts one.', 'from now on'])
        expect(text).toContain(said)
      expect(dropped.filter(({ path }) => path !== 'tools[1].namespace')).toEqual([])
    },
  )

  test('is made by any model, and what it found is called in its namespace', () => {
    const request = decoded(BODY)
    const asked = {
      id: (prefix: string) => prefix,
      created: 1,
      model: 'm',
      ...(request.native && { requestNative: request.native }),
    }
    const call = (name: string, input: string) => ({ type: 'tool-call', id: name, name, input }) as const
    const reply = {
      parts: [call('tool_search', '{"query":"x"}'), call('agents__spawn', '{}')],
      finish: { kind: 'tool-calls' },
    } as const
    const wanted = [
      { type: 'tool_search_call', call_id: 'tool_search', execution: 'client', arguments: { query: 'x' } },
      { type: 'function_call', call_id: 'agents__spawn', name: 'spawn', namespace: 'agents', arguments: '{}' },
    ]
    expect(openaiResponses.encodeReply(reply, asked).output).toMatchObject(wanted)
    const encoder = openaiResponses.encodeStream(asked)
    const last = eventsOf(reply)
      .flatMap((event) => encoder.push(event))
      .at(-1)
    expect(JSON.parse(last?.data ?? '').response.output).toMatchObject(wanted)
  })
})
