import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isObject, type Json, type JsonObject } from '../../../src/canonical/json.ts'
import { GEMINI_KEYWORDS, KEYWORDS_OF_TYPE, type SchemaType } from '../../../src/protocol/schema/gemini-keywords.ts'
import { toGeminiParameters, toGeminiSchema } from '../../../src/protocol/schema/gemini-schema.ts'

const cases: { name: string; schema: Json; expected: JsonObject }[] = [
  {
    name: 'a property that is named like a keyword stays',
    schema: {
      type: 'object',
      properties: { const: { type: 'string' }, $ref: { type: 'number' }, type: { type: 'boolean' } },
    },
    expected: {
      type: 'OBJECT',
      properties: { const: { type: 'STRING' }, $ref: { type: 'NUMBER' }, type: { type: 'BOOLEAN' } },
    },
  },
  {
    name: 'a reference is replaced by what it points to',
    schema: {
      type: 'object',
      properties: { at: { $ref: '#/$defs/a~1b' } },
      $defs: { 'a/b': { type: 'string', description: 'A place.' } },
    },
    expected: { type: 'OBJECT', properties: { at: { type: 'STRING', description: 'A place.' } } },
  },
  {
    name: 'a schema that contains itself is cut off with a described object',
    schema: {
      $ref: '#/definitions/node',
      definitions: { node: { type: 'object', properties: { next: { $ref: '#/definitions/node' } } } },
    },
    expected: { type: 'OBJECT', properties: { next: { type: 'OBJECT', description: 'Nested again: node.' } } },
  },
  {
    name: 'a type array with null is nullable',
    schema: { type: ['string', 'null'] },
    expected: { type: 'STRING', nullable: true },
  },
  {
    name: 'a type array becomes alternatives, alone in their schema, the description once',
    schema: { type: ['string', 'integer', 'null'], description: 'Lines.' },
    expected: {
      anyOf: [
        { type: 'STRING', nullable: true, description: 'Lines.' },
        { type: 'INTEGER', nullable: true },
      ],
    },
  },
  { name: 'const is an enumeration of one', schema: { const: 'on' }, expected: { type: 'STRING', enum: ['on'] } },
  {
    name: 'oneOf of constants is an enumeration',
    schema: { oneOf: [{ const: 'a' }, { const: 'b' }] },
    expected: { type: 'STRING', enum: ['a', 'b'] },
  },
  {
    name: 'allOf is merged',
    schema: {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'number' } } },
      ],
    },
    expected: { type: 'OBJECT', properties: { a: { type: 'STRING' }, b: { type: 'NUMBER' } }, required: ['a'] },
  },
  {
    name: 'of two patterns the earlier one is said in words',
    schema: { type: 'string', description: 'A name.', allOf: [{ pattern: '^a' }, { pattern: 'z$' }] },
    expected: { type: 'STRING', description: 'A name.\nmatches ^a', pattern: 'z$' },
  },
  {
    name: 'what Gemini has no keyword for is said in words',
    schema: { type: 'integer', description: 'A count.', exclusiveMinimum: 0, multipleOf: 5, default: 10 },
    expected: { type: 'INTEGER', description: 'A count.\ngreater than 0; a multiple of 5; default: 10' },
  },
  {
    name: 'the exclusive bounds of draft 4 are understood',
    schema: { type: 'number', minimum: 1, exclusiveMinimum: true },
    expected: { type: 'NUMBER', minimum: 1, description: 'greater than 1' },
  },
  {
    name: 'numbers to choose from stay numbers, since text would not pass the tool',
    schema: { type: 'integer', enum: [1, 2] },
    expected: { type: 'INTEGER', description: 'one of [1,2]' },
  },
  {
    name: 'an empty member of an enumeration, which Gemini refuses, is said in words',
    schema: { type: 'string', enum: ['', 'a', 'a'] },
    expected: { type: 'STRING', enum: ['a'], description: 'may also be empty' },
  },
  {
    name: 'a mixed enumeration splits by type',
    schema: { enum: ['auto', 1, null] },
    expected: {
      anyOf: [
        { type: 'STRING', nullable: true, enum: ['auto'] },
        { type: 'INTEGER', nullable: true, description: 'one of [1]' },
      ],
    },
  },
  {
    name: 'required names only what exists, once',
    schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'a', 'b'] },
    expected: {
      type: 'OBJECT',
      properties: { a: { type: 'STRING' } },
      required: ['a'],
      description: 'also required: b',
    },
  },
  {
    name: 'an unknown format goes into words',
    schema: { type: 'string', format: 'uri' },
    expected: { type: 'STRING', description: 'format: uri' },
  },
  {
    name: 'a pattern that RE2 cannot read goes into words',
    schema: { type: 'string', pattern: '^(?!x)' },
    expected: { type: 'STRING', description: 'matches ^(?!x)' },
  },
  {
    name: 'a tuple is an array of its element types',
    schema: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    expected: {
      type: 'ARRAY',
      items: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
      description: 'items by position: [{"type":"string"},{"type":"number"}]',
    },
  },
  {
    name: 'a missing type is inferred',
    schema: { properties: { a: { minLength: 1 }, b: { items: { type: 'string' } } } },
    expected: {
      type: 'OBJECT',
      properties: { a: { type: 'STRING', minLength: 1 }, b: { type: 'ARRAY', items: { type: 'STRING' } } },
    },
  },
  {
    name: 'a schema that allows anything is text, and says so',
    schema: {},
    expected: { type: 'STRING', description: 'any JSON value; other than text as JSON text' },
  },
  {
    name: 'alternatives that only constrain are said in words',
    schema: { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }] },
    expected: { type: 'OBJECT', properties: { a: { type: 'STRING' } }, description: 'any of [{"required":["a"]}]' },
  },
  {
    name: 'the values of a map are described',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    expected: { type: 'OBJECT', description: 'values of further properties: {"type":"string"}' },
  },
]

describe('a JSON Schema for Gemini', () => {
  test.each(cases)('$name', ({ schema, expected }) => {
    expect(toGeminiSchema(schema)).toEqual(expected)
  })

  test('parameters with alternatives at the top become one object', () => {
    const adapted = toGeminiParameters({
      anyOf: [
        { type: 'object', properties: { id: { type: 'string' }, by: { type: 'string' } }, required: ['id', 'by'] },
        { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
      ],
    })
    expect(adapted['type']).toBe('OBJECT')
    expect(adapted['properties']).toEqual({
      id: { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }] },
      by: { type: 'STRING' },
    })
    expect(adapted['required']).toEqual(['id'])
  })

  test('references that fan out stay within bounds', () => {
    const $defs: JsonObject = {}
    for (let i = 0; i < 30; i++) {
      $defs[`d${i}`] = {
        type: 'object',
        properties: { a: { $ref: `#/$defs/d${i + 1}` }, b: { $ref: `#/$defs/d${i + 1}` } },
      }
    }
    expect(JSON.stringify(toGeminiSchema({ $ref: '#/$defs/d0', $defs })).length).toBeLessThan(1_000_000)
  })

  test('a schema nested deeper than the stack does no harm', () => {
    let schema: Json = { type: 'string' }
    for (let i = 0; i < 50_000; i++) schema = i % 2 ? { type: 'array', items: schema } : { allOf: [schema], not: {} }
    assertStrict(toGeminiSchema(schema))
  })

  test('any schema gives only keywords that Gemini knows, keeps property names, and is stable', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        for (const convert of [toGeminiSchema, toGeminiParameters]) {
          const once = convert(schema)
          assertStrict(once)
          expect(convert(once)).toEqual(once)
        }
      }),
      { numRuns: 200 },
    )
  }, 30_000)

  test('property names survive at every level', () => {
    fc.assert(
      fc.property(plainObjects, (schema) => {
        expect(names(toGeminiSchema(schema))).toEqual(names(schema))
      }),
      { numRuns: 200 },
    )
  })
})

const NAMES = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'const', '$ref', 'type', 'properties', 'toString', 'a', 'b', 'ü'),
  fc.string({ maxLength: 5 }),
)
const dictionary = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(NAMES, values), { maxLength: 3 }).map((entries) => Object.fromEntries(entries) as Record<string, T>)

const { schemas } = fc.letrec<{ schemas: Json }>((tie) => ({
  schemas: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.oneof(
      fc.boolean(),
      fc.constant({}),
      fc.constant({ $ref: '#' }),
      fc.jsonValue({ maxDepth: 2 }),
    ) as fc.Arbitrary<Json>,
    fc.record(
      {
        type: fc.oneof(
          fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 'null', 'any', 'STRING', 7),
          fc.array(fc.constantFrom('string', 'number', 'null', 'object', 'array'), { maxLength: 3 }),
        ),
        description: fc.oneof(fc.string(), fc.integer()),
        title: fc.string(),
        properties: dictionary(tie('schemas')),
        $defs: dictionary(tie('schemas')),
        $ref: fc.constantFrom('#', '#/$defs/a', '#/properties/a', '#/$defs/__proto__', 'other.json', '#/%ZZ', 3),
        items: fc.oneof(tie('schemas'), fc.array(tie('schemas'), { maxLength: 2 })),
        prefixItems: fc.array(tie('schemas'), { maxLength: 2 }),
        anyOf: fc.array(tie('schemas'), { maxLength: 3 }),
        oneOf: fc.array(tie('schemas'), { maxLength: 3 }),
        allOf: fc.array(tie('schemas'), { maxLength: 3 }),
        not: tie('schemas'),
        if: tie('schemas'),
        additionalProperties: tie('schemas'),
        patternProperties: dictionary(tie('schemas')),
        required: fc.array(NAMES, { maxLength: 3 }),
        enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean()), { maxLength: 3 }),
        const: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
        format: fc.constantFrom('date-time', 'uri', 'int32'),
        pattern: fc.constantFrom('^a$', '(?=a)', '('),
        minimum: fc.oneof(fc.integer(), fc.constant('x')),
        exclusiveMinimum: fc.oneof(fc.integer(), fc.boolean()),
        minItems: fc.oneof(fc.nat(), fc.constant(-1), fc.constant('3')),
        nullable: fc.boolean(),
        default: fc.jsonValue({ maxDepth: 1 }),
        'x-unknown': fc.constant(true),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Json>,
  ),
}))

const { plainObjects } = fc.letrec<{ plainObjects: JsonObject; leaf: JsonObject }>((tie) => ({
  leaf: fc.constantFrom(
    { type: 'string' },
    { type: 'integer', minimum: 1 },
    { type: ['string', 'null'] },
  ) as fc.Arbitrary<JsonObject>,
  plainObjects: fc.record({
    type: fc.constant('object'),
    properties: dictionary(fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('plainObjects'))),
    additionalProperties: fc.boolean(),
  }) as fc.Arbitrary<JsonObject>,
}))

function names(schema: Json | undefined): Json {
  if (!isObject(schema) || !isObject(schema['properties'])) return []
  return Object.entries(schema['properties']).map(([name, property]) => [name, names(property)])
}

/** What Google's server checks. */
function assertStrict(schema: JsonObject): void {
  for (const keyword of Object.keys(schema)) expect(GEMINI_KEYWORDS.has(keyword)).toBe(true)
  if (Array.isArray(schema['anyOf'])) {
    expect(Object.keys(schema)).toEqual(['anyOf'])
    for (const option of schema['anyOf']) assertStrict(option as JsonObject)
    return
  }
  const type = String(schema['type']).toLowerCase() as SchemaType
  expect(Object.keys(KEYWORDS_OF_TYPE)).toContain(type)
  for (const keyword of Object.keys(schema)) expect(KEYWORDS_OF_TYPE[type]).toContain(keyword)
  if (schema['enum'] !== undefined)
    expect((schema['enum'] as Json[]).every((value) => typeof value === 'string' && value !== '')).toBe(true)
  if (type === 'array') assertStrict(schema['items'] as JsonObject)
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  for (const name of (schema['required'] as string[] | undefined) ?? [])
    expect(Object.hasOwn(properties, name)).toBe(true)
  for (const property of Object.values(properties)) assertStrict(property as JsonObject)
}

describe('the short way of a plain leaf', () => {
  const words = fc.array(fc.constantFrom<Json>('a', 'b', '', 'c', 1, null), { maxLength: 4 })
  const leaf = fc.record(
    {
      type: fc.constantFrom<Json>('string', 'number', 'integer', 'boolean', 'String', 'null', ['string', 'null']),
      title: fc.constantFrom<Json>('', 'Title', 7),
      description: fc.constantFrom<Json>('', 'What it is.', null),
      enum: words,
    },
    { requiredKeys: [] },
  )

  test('leads to the same as the long one', () => {
    fc.assert(
      fc.property(leaf, (schema) => {
        // A comment says nothing, but only the long way knows it.
        const told = JSON.stringify(toGeminiSchema({ ...schema, $comment: 'long' }))
        expect(JSON.stringify(toGeminiSchema(schema))).toBe(told)
      }),
      { numRuns: 2000, seed: 20260102 },
    )
  })

  test('is taken', () => {
    const members = ['a', 'b']
    expect(toGeminiSchema({ type: 'string', enum: members }).enum).toBe(members)
  })
})
