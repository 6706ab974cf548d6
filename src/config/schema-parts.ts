import {
  Array as ArrayOf,
  Boolean as BooleanOf,
  Integer,
  Optional,
  String as StringOf,
  Union,
  Unknown,
} from '@sinclair/typebox'

/** A number, also as text: `$VAR` gives nothing else. */
export const count = (description: string, expected: string, range: { minimum: number; maximum?: number }) =>
  Optional(
    Union([Integer(range), StringOf({ pattern: '^\\s*(\\d+|\\$.+)?\\s*$' })], { description, errorMessage: expected }),
  )

/** A text that may be left out. */
export const text = (description: string) => Optional(StringOf({ description }))

/** What is kept as it stands. */
export const anything = (description: string) => Optional(Unknown({ description }))

/** Keys that are not named are kept. */
export const open = { additionalProperties: true }

/** True or false, also as text. */
export const flag = (description: string) =>
  Optional(
    Union([BooleanOf(), StringOf({ pattern: '^\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|0|1|\\$.+)?\\s*$' })], {
      description,
      errorMessage: 'expected true or false',
    }),
  )

/** A path or several. */
export const files = (description: string) =>
  Optional(
    Union([StringOf(), ArrayOf(StringOf())], { description, errorMessage: 'expected a path or a list of paths' }),
  )
