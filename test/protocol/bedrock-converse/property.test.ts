import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Message, ModelRequest } from '../../../src/canonical/request.ts'
import { bedrockConverse } from '../../../src/protocol/bedrock-converse/index.ts'
import { cache, history, schemas } from '../../helper/arbitrary.ts'
import { converseFaults } from '../validate/bedrock.ts'

const MODELS = [
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'global.anthropic.claude-opus-4-6-v1',
  'us.amazon.nova-2-lite-v1:0',
  'us.meta.llama3-3-70b-instruct-v1:0',
] as const

test.each(MODELS)('any history becomes one that Bedrock takes, for %s', (model) => {
  fc.assert(
    fc.property(history, cache, fc.boolean(), (messages, mark, hasTools) => {
      const tools = hasTools
        ? [{ type: 'function' as const, name: 'read', schema: { type: 'object' }, ...(mark && { cache: mark }) }]
        : []
      const system = [{ type: 'text' as const, text: 'Work.', ...(mark && { cache: mark }) }]
      const last: Message = { role: 'user', parts: [{ type: 'text', text: 'Go on.' }] }
      const request: ModelRequest = {
        model,
        system,
        messages: [...messages, last],
        tools,
        stream: true,
        reasoning: { mode: 'on', budget: 2000 },
        maxOutputTokens: 4000,
      }
      expect(faults(request, model)).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test.each(MODELS)('a tool of any schema is one that Bedrock takes, for %s', (model) => {
  fc.assert(
    fc.property(schemas, schemas, (schema, a) => {
      const tool = { type: 'function' as const, name: 't', schema: { ...schema, $defs: { a }, title: 'T' } }
      const messages: Message[] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
      const request: ModelRequest = { model, system: [], messages, tools: [tool], stream: false }
      const found = faults(request, model).filter(
        (fault) =>
          !fault.includes('is no schema of an object') || schema.type === undefined || schema.type === 'object',
      )
      expect(found).toEqual([])
    }),
    { numRuns: 200 },
  )
})

function faults(request: ModelRequest, model: string): string[] {
  const { wire } = bedrockConverse.encodeRequest(request, { provider: 'bedrock', model, traits: {} })
  return converseFaults(JSON.parse(JSON.stringify(wire.body)) as JsonObject, model)
}
