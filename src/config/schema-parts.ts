import { Integer, Optional, String as StringOf, Union } from '@sinclair/typebox'

/** A number, also as text: `$VAR` gives nothing else. */
export const count = (description: string, expected: string, range: { minimum: number; maximum?: number }) =>
  Optional(
    Union([Integer(range), StringOf({ pattern: '^\\s*(\\d+|\\$.+)?\\s*$' })], { description, errorMessage: expected }),
  )
