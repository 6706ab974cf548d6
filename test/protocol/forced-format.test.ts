import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createCollector, eventsOf, type ModelReply } from '../../src/canonical/reply.ts'
import type { ModelRequest, Part } from '../../src/canonical/request.ts'
import { forceFormat } from '../../src/protocol/forced-format.ts'
import { protocols } from '../../src/protocol/index.ts'
import { faultsOf } from '../helper/event-grammar.ts'

const SCHEMA = { type: 'object', properties: { a: { type: 'number' } } }
const REQUEST: ModelRequest = {
  model: 'm',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [{ type: 'function', name: 'structured_answer', schema: {} }],
  outputFormat: { type: 'json-schema', schema: SCHEMA },
  stream: true,
}
const GAP = { forcesTools: true, takesJson: false }

describe('an answer by a forced tool', () => {
  const part = fc.oneof(
    fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('', 'words') }),
    fc.record({ type: fc.constant('reasoning' as const), text: fc.constant('hm') }),
    fc.record({
      type: fc.constant('tool-call' as const),
      id: fc.constantFrom('a', 'b'),
      name: fc.constantFrom('structured_answer', 'structured_answer_2'),
      input: fc.constantFrom('', '{"a":1}', '{"a'),
    }),
  )
  test('is a stream that obeys the grammar of events, and adds up to the same as the whole one', () => {
    const { answer } = forceFormat(REQUEST, GAP)
    fc.assert(
      fc.property(fc.array(part as fc.Arbitrary<Part>, { maxLength: 5 }), (parts) => {
        const calls = parts.some(({ type }) => type === 'tool-call')
        const reply: ModelReply = { parts, finish: { kind: calls ? 'tool-calls' : 'stop' } }
        const reader = answer?.events()
        const events = eventsOf(reply).flatMap((event) => reader?.push(event) ?? [])
        expect(faultsOf(events)).toEqual([])
        const collector = createCollector()
        for (const event of events) collector.push(event)
        const told = collector.end()
        const whole = answer?.reply(reply)
        expect(told?.finish).toEqual(whole?.finish as never)
        expect(sorted(told?.parts)).toEqual(sorted(whole?.parts))
        expect(told?.parts.some((each) => each.type === 'tool-call' && each.name === 'structured_answer_2')).toBe(false)
      }),
      { numRuns: 500, seed: 20260101 },
    )
  })

  test('takes a name that no tool of the client has, and lets those be called first', () => {
    const { request } = forceFormat(REQUEST, GAP)
    expect(request.tools.map(({ name }) => name)).toEqual(['structured_answer', 'structured_answer_2'])
    expect([request.toolChoice, request.outputFormat]).toEqual([{ type: 'required' }, undefined])
  })

  test('stands beside the only tools that the client allows', () => {
    const toolChoice = { type: 'auto', allowed: ['structured_answer'] } as const
    const { request } = forceFormat({ ...REQUEST, toolChoice }, GAP)
    expect(request.toolChoice).toEqual({ type: 'required', allowed: ['structured_answer', 'structured_answer_2'] })
  })

  test('is not asked for in a turn in which the client forces a tool', () => {
    const asked = { ...REQUEST, toolChoice: { type: 'required' } as const }
    const { request, dropped, answer } = forceFormat(asked, GAP)
    expect([request.tools, answer]).toEqual([asked.tools, undefined])
    expect(dropped.map(({ path }) => path)).toEqual(['output_config.format'])
  })
})

test.each([
  ['anthropic.claude-opus-4-6-v1', undefined],
  ['anthropic.claude-3-haiku-20240307-v1:0', true],
  ['us.amazon.nova-2-lite-v1:0', true],
  ['meta.llama3-3-70b-instruct-v1:0', false],
] as const)('Bedrock’s %s needs a tool for its format, which can be forced: %p', (model, forced) => {
  const gap = protocols['bedrock-converse']?.formatGap?.(REQUEST, { provider: 'p', model, traits: {} })
  expect(gap?.forcesTools).toBe(forced as boolean)
})

/** Texts that a stream holds back until a call may stand behind other parts. */
function sorted(parts: readonly Part[] = []): string[] {
  return parts.map((each) => JSON.stringify(each)).toSorted()
}
