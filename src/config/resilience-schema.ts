import { Array as ArrayOf, Literal, Object as ObjectOf, Optional, String as StringOf, Union } from '@sinclair/typebox'
import { count } from './schema-parts.ts'

const ms = (description: string) => count(description, 'expected a number of milliseconds', { minimum: 0 })
const times = (description: string) => count(description, 'expected a number, 1 or more', { minimum: 1 })

const limit = (description: string) =>
  count(description, 'expected a number of milliseconds, 0 for no limit', { minimum: 0 })

/** How long calls may take. */
export const timeoutsSchema = Optional(
  ObjectOf(
    {
      connect: limit('Until the connection stands. Default 15000.'),
      firstByte: limit('From there to the first byte of the answer. Default: API_TIMEOUT_MS.'),
      idle: limit('Between two pieces of the answer. Default: API_TIMEOUT_MS.'),
      total: limit('For the whole call. Default: no limit.'),
    },
    { description: 'How long its calls may take, in milliseconds; 0 is no limit.' },
  ),
)

/** How often and how long calls are tried, for all providers or for one. */
export const retrySchema = Optional(
  Union(
    [
      Literal(false),
      ObjectOf({
        attempts: times('How often one target is asked, the first time included. Default 3.'),
        total: times('How often providers are asked for one call, all targets and keys together. Default 8.'),
        pause: ms('The pause before the second attempt; it doubles, and is varied at random. Default 250.'),
        longestPause: ms('A pause never gets longer; who asks for a longer one is not waited for. Default 10000.'),
        budget: ms('From the start of a call: no attempt begins later. Default: API_TIMEOUT_MS.'),
      }),
    ],
    {
      description:
        'How often and how long a call is tried before its answer has begun, times in milliseconds; false: once.',
      errorMessage: 'expected false or an object `{ "attempts": 3 }`',
    },
  ),
)

/** When something that fails is left alone. */
export const breakerSchema = Optional(
  Union(
    [
      Literal(false),
      ObjectOf({
        failures: times('After so many failures in a row a provider or model is left alone. Default 5.'),
        rest: ms('For how long; twice as long each time that it still fails then. Default 30000.'),
        longestRest: ms('The rest never gets longer. Default 300000.'),
      }),
    ],
    {
      description: 'When a provider or model that fails is left alone for a while; false: only if it asks for that.',
      errorMessage: 'expected false or an object `{ "failures": 5 }`',
    },
  ),
)

/** Several keys of one provider. */
export const keysSchema = Optional(
  ArrayOf(StringOf(), {
    description:
      'Several keys. A session stays with one until that fails; one that is refused or used up is left alone for a while.',
    errorMessage: 'expected a list of texts, `["$KEY_1", "$KEY_2"]`',
  }),
)

/** What starts a second call besides the first. */
export const hedgeSchema = Optional(
  ObjectOf(
    { after: ms('After so many milliseconds without an answer the next target is asked, too.') },
    {
      description:
        'Asks a second target besides a slow first one: who begins to answer first wins, the other call is ended. Costs tokens. Default: off.',
    },
  ),
)
