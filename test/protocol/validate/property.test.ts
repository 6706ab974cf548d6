import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ModelError } from '../../../src/canonical/error.ts'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import type { Message, ModelRequest } from '../../../src/canonical/request.ts'
import { codecOf } from '../../../src/protocol/index.ts'
import { cache, clientHistory, schemas } from '../../helper/arbitrary.ts'
import { parameterSchemas } from '../../helper/arbitrary-schema.ts'
import { anthropicFaults } from './anthropic.ts'
import { converseFaults } from './bedrock.ts'
import { chatFaults } from './chat.ts'
import { geminiFaults } from './gemini.ts'
import { responsesFaults } from './responses.ts'

/** Whom a request is made for, and what his specification finds wrong with it. */
const TARGETS: readonly (readonly [ProtocolId, string, (body: JsonObject, model: string) => string[]])[] = [
  ['anthropic-messages', 'claude-sonnet-4-5', anthropicFaults],
  ['anthropic-messages', 'claude-opus-4-6', anthropicFaults],
  ['openai-chat', 'some-model', chatFaults],
  ['openai-responses', 'gpt-5.1', responsesFaults],
  ['gemini', 'gemini-2.5-pro', geminiFaults],
  ['gemini', 'gemini-3-pro', geminiFaults],
]
const BEDROCK: typeof TARGETS = [
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'us.amazon.nova-2-lite-v1:0',
  'us.meta.llama3-3-70b-instruct-v1:0',
].map((model) => ['bedrock-converse', model, converseFaults])
const SEED = 20260101

describe.each(TARGETS)('what a provider of %s (%s) is sent', (protocol, model, faultsIn) => {
  const sent = (request: ModelRequest): JsonObject | undefined => {
    try {
      const { wire } = codecOf(protocol).encodeRequest(request, { provider: 'p', model, traits: {} })
      return JSON.parse(JSON.stringify(wire.body)) as JsonObject
    } catch (cause) {
      if (cause instanceof ModelError && cause.status < 500) return undefined
      throw cause
    }
  }
  const faults = (request: ModelRequest): string[] => {
    const body = sent(request)
    return body ? faultsIn(body, model) : []
  }

  test('pains #77: any history becomes one that keeps to its specification', () => {
    let refused = 0
    fc.assert(
      fc.property(clientHistory, cache, fc.boolean(), fc.boolean(), (messages, mark, hasTools, thinks) => {
        const tool = {
          type: 'function',
          name: 'read',
          schema: { type: 'object' },
          ...(mark && { cache: mark }),
        } as const
        const request: ModelRequest = {
          model,
          system: [{ type: 'text', text: 'Work.', ...(mark && { cache: mark }) }],
          messages: [...messages, { role: 'user', parts: [{ type: 'text', text: 'Go on.' }] }],
          tools: hasTools ? [tool] : [],
          stream: true,
          ...(thinks && { reasoning: { mode: 'on', budget: 2000 } }),
          maxOutputTokens: 4000,
        }
        if (!sent(request)) refused++
        expect(faults(request)).toEqual([])
      }),
      { numRuns: 500, seed: SEED },
    )
    expect(refused).toBeLessThan(5)
  })

  test('pains #77: a history that is in order keeps its calls and results, in order', () => {
    fc.assert(
      fc.property(orderly, (messages) => {
        const tools = [{ type: 'function', name: 'read', schema: { type: 'object' } }] as const
        const body = sent({ model, system: [], messages, tools, stream: false }) as JsonObject
        expect(faultsIn(body, model)).toEqual([])
        const path = protocol === 'gemini' ? `/models/${model}:generateContent` : '/'
        const again = codecOf(protocol).decodeRequest({ path, query: '', headers: {}, body })
        expect(saidIn(again.messages)).toEqual(saidIn(messages))
      }),
      { numRuns: 200, seed: SEED },
    )
  })
})

describe.each([...TARGETS, ...BEDROCK])('what a provider of %s (%s) is told of a tool', (protocol, model, faultsIn) => {
  test('keeps to its specification, whatever its schema', () => {
    fc.assert(
      fc.property(fc.oneof(parameterSchemas, plain), fc.boolean(), (schema, isStrict) => {
        const tool = { type: 'function', name: 't', schema, ...(isStrict && { strict: true }) } as const
        const messages: Message[] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
        const request: ModelRequest = { model, system: [], messages, tools: [tool], stream: false }
        const { wire } = codecOf(protocol).encodeRequest(request, { provider: 'p', model, traits: {} })
        expect(faultsIn(JSON.parse(JSON.stringify(wire.body)) as JsonObject, model)).toEqual([])
      }),
      // Others each time: what fails says its seed.
      { numRuns: 200 },
    )
  })
})

/** What is no schema of an object is none of arguments; no client sends it. */
const plain = fc
  .tuple(schemas, schemas)
  .filter(([schema]) => schema['type'] === 'object' || Object.keys(schema).length === 0)
  .map(([schema, a]): JsonObject => ({ ...schema, $defs: { a }, title: 'T' }))

/** Turns in which tools are called, and their results in the turn after; ids are unique, nothing is empty. */
const orderly = fc
  .array(fc.record({ calls: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 3 }), text: fc.boolean() }), {
    maxLength: 5,
  })
  .map((turns) => {
    const messages: Message[] = [{ role: 'user', parts: [{ type: 'text', text: 'Begin' }] }]
    turns.forEach(({ calls, text }, turn) => {
      const said = text || calls.length === 0 ? [{ type: 'text', text: `turn ${turn}` } as const] : []
      const ids = calls.map((_, place) => `call_${turn}_${place}`)
      const made = calls.map((value, place) => {
        return { type: 'tool-call', id: String(ids[place]), name: 'read', input: `{"at":${value}}` } as const
      })
      const given = ids.map((id) => {
        return { type: 'tool-result', id, content: [{ type: 'text', text: `result of ${id}` }] } as const
      })
      messages.push({ role: 'assistant', parts: [...said, ...made] })
      messages.push({ role: 'user', parts: given.length > 0 ? given : [{ type: 'text', text: 'And?' }] })
    })
    return messages
  })

function saidIn(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) =>
    parts.map((part) => {
      if (part.type === 'text') return `text ${part.text}`
      if (part.type === 'tool-call') return `call ${part.name} ${part.input}`
      if (part.type !== 'tool-result') return part.type
      return `result ${part.content.map((item) => (item.type === 'text' ? item.text : item.type)).join()}`
    }),
  )
}
