import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { toObjectRoot, withItems } from '../../../src/protocol/schema/object-root.ts'

const a = { type: 'string' }
const b = { type: 'integer' }

describe('parameters whose alternatives stand at the top', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'of which one must hold are laid over one another, and told',
      {
        type: 'object',
        description: 'Where.',
        oneOf: [
          { properties: { a }, required: ['a'] },
          { properties: { b }, required: ['b'] },
        ],
      },
      {
        type: 'object',
        description:
          'Where.\nOne of these forms: [{"properties":["a"],"required":["a"]},{"properties":["b"],"required":["b"]}]',
        properties: { a, b },
        required: [],
      },
    ],
    [
      'that all hold are one',
      { allOf: [{ properties: { a }, required: ['a'] }, { properties: { b } }], additionalProperties: false },
      { type: 'object', properties: { a, b }, required: ['a'], additionalProperties: false },
    ],
    [
      'that are written elsewhere are fetched, and what is below may go on pointing there',
      { $ref: '#/$defs/all', $defs: { all: { type: 'object', properties: { a: { $ref: '#/$defs/a' } } }, a } },
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/a' } },
        $defs: { all: { type: 'object', properties: { a: { $ref: '#/$defs/a' } } }, a },
      },
    ],
    [
      'of which some must not hold are told',
      { type: 'object', properties: { a }, not: { required: ['a'] } },
      { type: 'object', properties: { a }, description: 'not {"required":["a"]}' },
    ],
    ['without a type are those of an object', { properties: { a } }, { type: 'object', properties: { a } }],
    ['without anything, too', {}, { type: 'object' }],
  ])('%s', (_name, schema, expected) => {
    const made = toObjectRoot(schema)
    expect(made).toEqual(expected)
    expect(toObjectRoot(made)).toBe(made)
  })

  test('that contain themselves come to an end', () => {
    expect(toObjectRoot({ $ref: '#' })['type']).toBe('object')
    expect(toObjectRoot({ allOf: [{ $ref: '#' }], anyOf: [{ $ref: '#' }] })['type']).toBe('object')
  })
})

test('a plain schema is the very same again', () => {
  const schema = { type: 'object', properties: { a, list: { type: 'array', items: b } }, required: ['a'] }
  expect(toObjectRoot(schema)).toBe(schema)
  expect(withItems(schema)).toBe(schema)
})

test('a list that does not say what it holds may hold anything, wherever it stands', () => {
  const list = { type: 'array' }
  const properties = { list, __proto__: a, deep: { anyOf: [list, { type: ['array', 'null'] }] } }
  expect(withItems({ type: 'object', properties, $defs: { list }, enum: [{ type: 'array' }] })).toEqual({
    type: 'object',
    properties: {
      ...properties,
      list: { type: 'array', items: {} },
      deep: {
        anyOf: [
          { type: 'array', items: {} },
          { type: ['array', 'null'], items: {} },
        ],
      },
    },
    $defs: { list: { type: 'array', items: {} } },
    enum: [{ type: 'array' }],
  })
})
