import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/canonical/json.ts'

const NAMES = fc.constantFrom(
  'path',
  'type',
  'properties',
  '$ref',
  'const',
  'constructor',
  '__proto__',
  'in.side',
  'a-b',
)
const count = fc.nat(5)
const texts = fc.constantFrom('', 'a', 'words', 'äöü', '2026-01-01')

/** The fields, each there or not. */
function some(fields: Record<string, fc.Arbitrary<unknown>>, ...required: string[]): fc.Arbitrary<JsonObject> {
  return fc.record(fields, { requiredKeys: required }) as fc.Arbitrary<JsonObject>
}

const told = { description: texts, title: texts, default: fc.oneof(texts, fc.integer(), fc.constant(null)) }
const leaf = fc.oneof(
  some(
    {
      type: fc.constant('string'),
      ...told,
      minLength: count,
      maxLength: count,
      pattern: fc.constantFrom('^a', '(?=a)b', '\\p{L}'),
      format: fc.constantFrom('date-time', 'uri', 'email', 'uuid'),
      enum: fc.uniqueArray(texts, { minLength: 1, maxLength: 3 }),
      examples: fc.array(texts, { maxLength: 2 }),
    },
    'type',
  ),
  some(
    {
      type: fc.constantFrom('number', 'integer'),
      ...told,
      minimum: fc.integer(),
      exclusiveMaximum: fc.integer(),
      multipleOf: fc.constantFrom(1, 5),
      enum: fc.constantFrom([1, 2], [0]),
    },
    'type',
  ),
  some({ type: fc.constantFrom('boolean', 'null'), ...told, const: fc.constantFrom(true, null) }, 'type'),
  some({ type: fc.constantFrom(['string', 'null'], ['array', 'null'], ['object', 'string']), ...told }, 'type'),
  fc.constantFrom<JsonObject>({}, { $ref: '#/$defs/a' }, { $ref: '#' }, { const: 'on' }, { enum: ['x', 1, null] }),
)

const { node, object } = fc.letrec<{ node: Json; object: JsonObject }>((tie) => {
  const named = fc.dictionary(NAMES, tie('node'), { maxKeys: 3 })
  const several = fc.array(tie('node'), { minLength: 1, maxLength: 3 })
  return {
    node: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      leaf,
      tie('object'),
      fc.boolean(),
      some(
        {
          type: fc.constant('array'),
          ...told,
          items: tie('node'),
          prefixItems: several,
          contains: tie('node'),
          minItems: count,
          uniqueItems: fc.boolean(),
        },
        'type',
      ),
      some({ anyOf: several, ...told }, 'anyOf'),
      some({ oneOf: several }, 'oneOf'),
      some({ allOf: several }, 'allOf'),
    ) as fc.Arbitrary<Json>,
    object: some(
      {
        type: fc.constant('object'),
        ...told,
        properties: named,
        required: fc.uniqueArray(NAMES, { maxLength: 3 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('node')),
        patternProperties: fc.dictionary(fc.constantFrom('^x-', '.*'), tie('node'), { maxKeys: 1 }),
        propertyNames: fc.constant({ pattern: '^a' }),
        minProperties: count,
        dependentRequired: fc.constant({ a: ['b'] }),
        not: fc.constant({ required: ['a'] }),
        if: tie('node'),
        else: tie('node'),
      },
      'type',
    ),
  }
})

/** The parameters of a function as tools of every origin write them, alternatives at the top included. */
export const parameterSchemas: fc.Arbitrary<JsonObject> = fc
  .tuple(
    object,
    some({
      $schema: fc.constant('https://json-schema.org/draft/2020-12/schema'),
      anyOf: fc.array(object, { minLength: 1, maxLength: 3 }),
      oneOf: fc.array(fc.oneof(object, fc.constant({ required: ['path'] })), { minLength: 1, maxLength: 2 }),
      allOf: fc.array(object, { minLength: 1, maxLength: 2 }),
      $ref: fc.constant('#/$defs/top'),
    }),
    node,
    object,
    fc.boolean(),
  )
  .map(([schema, more, a, top, isUntyped]) => {
    const { type, ...untyped } = schema
    return { ...(isUntyped ? untyped : { type, ...untyped }), ...more, $defs: { a, top } }
  })
