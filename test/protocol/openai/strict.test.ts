import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { createLosses } from '../../../src/protocol/openai/losses.ts'
import { strictFor } from '../../../src/protocol/openai/strict.ts'

const closed = (more: JsonObject = {}): JsonObject => ({ type: 'object', additionalProperties: false, ...more })
const open: JsonObject = { type: 'object', properties: { a: { type: 'string' } } }

describe('a wish for strictness', () => {
  test.each<[string, JsonObject]>([
    ['closed objects', closed({ properties: { a: closed() }, required: ['a'] })],
    [
      'alternatives of closed objects',
      closed({ properties: { a: { anyOf: [closed(), { type: 'null' }] } }, required: ['a'] }),
    ],
    ['properties by pattern that are closed', closed({ patternProperties: { '^x': closed() } })],
  ])('is told with %s', (_, schema) => {
    const losses = createLosses('openai-chat', 'Chat Completions')
    expect([strictFor(true, schema, losses, 'tools[0]'), losses.list]).toEqual([true, []])
  })

  test.each<[string, JsonObject]>([
    ['an open object', open],
    ['a property that is not required', closed({ properties: { a: { type: 'string' } } })],
    ['an open object among the definitions', closed({ $ref: '#/$defs/a', $defs: { a: open } })],
    ['an open object behind a pattern', closed({ patternProperties: { '^x': open } })],
    ...['oneOf', 'allOf', 'prefixItems'].map((keyword): [string, JsonObject] => [
      keyword,
      closed({ properties: { a: { [keyword]: [{ type: 'string' }] } }, required: ['a'] }),
    ]),
    ['not', closed({ not: { type: 'string' } })],
  ])('is left out, and listed, with %s', (_, schema) => {
    const losses = createLosses('openai-chat', 'Chat Completions')
    expect(strictFor(true, schema, losses, 'tools[0]')).toBeUndefined()
    expect(losses.list.map(({ path }) => path)).toEqual(['tools[0].strict'])
  })
})
