import {
  Array as ArrayOf,
  Boolean as BooleanOf,
  Integer,
  Number as NumberOf,
  Object as ObjectOf,
  Optional,
  String as StringOf,
} from '@sinclair/typebox'
import { count } from './schema-parts.ts'

/** What is not known would be a limit that does not hold: that is an error. */
const closed = { additionalProperties: false }

const most = (description: string) => count(description, 'expected a number, 1 or more', { minimum: 1 })

const money = (description: string) =>
  Optional(NumberOf({ description, minimum: 0, errorMessage: 'expected an amount of money, 0 or more' }))

/** How much may be used; the span that counts is the one that ends now. */
export const limitsSchema = Optional(
  ObjectOf(
    {
      requestsPerMinute: most('Calls in a minute.'),
      requestsPerHour: most('Calls in an hour.'),
      requestsPerDay: most('Calls in 24 hours.'),
      tokensPerMinute: most('Tokens of input and output in a minute.'),
      tokensPerHour: most('Tokens of input and output in an hour.'),
      tokensPerDay: most('Tokens of input and output in 24 hours.'),
      concurrent: most('Calls that run at once.'),
    },
    {
      ...closed,
      description: 'How much clients may use. Who passes a limit gets a 429 that says when to come back.',
      errorMessage: 'expected an object `{ "requestsPerMinute": 60 }`',
    },
  ),
)

/** How much money may be spent, in the currency of `prices`. */
export const budgetSchema = Optional(
  ObjectOf(
    {
      perHour: money('In an hour.'),
      perDay: money('In 24 hours.'),
      perMonth: money('In 30 days.'),
      total: money('Ever.'),
    },
    {
      ...closed,
      description: 'How much money may be spent, in the currency of `prices`, which say what models cost.',
      errorMessage: 'expected an object `{ "perDay": 5 }`',
    },
  ),
)

/** Keys of clients, besides APIKEY. */
export const clientKeysSchema = Optional(
  ArrayOf(
    ObjectOf(
      {
        label: StringOf({ description: 'Its name, for rules, log and records.', minLength: 1, maxLength: 100 }),
        hash: Optional(StringOf({ description: 'SHA-256 of the key in hexadecimal. `ccr key add LABEL` makes one.' })),
        key: Optional(StringOf({ description: 'The key itself, where its hash is not known. `$NAME` is a variable.' })),
        models: Optional(
          ArrayOf(StringOf({ minLength: 1 }), {
            description: 'The models that it may use, as "provider,model" or the model alone; `*` is any characters.',
            errorMessage: 'expected a list of models, `["claude-*"]`',
          }),
        ),
        expires: Optional(
          StringOf({ description: 'The day, or the moment, from which on it is refused: 2030-01-31.' }),
        ),
        limits: limitsSchema,
        budget: budgetSchema,
      },
      closed,
    ),
    {
      description: 'Further keys that clients may show in place of APIKEY, each with rights of its own.',
      errorMessage: 'expected a list of keys, `[{ "label": "laptop", "hash": "…" }]`',
    },
  ),
)

/** Whether answers are given again. */
export const cacheSchema = Optional(
  ObjectOf(
    {
      enabled: Optional(BooleanOf({ description: 'Whether answers are kept. Default false.' })),
      ttl: Optional(
        Integer({
          description: 'For how many seconds. Default 300.',
          errorMessage: 'expected a whole number of seconds',
          minimum: 0,
        }),
      ),
      megabytes: most('How much of them is kept in memory. Default 32.'),
      except: Optional(
        ArrayOf(StringOf(), { description: 'Names of rules and scenarios whose answers are not kept.' }),
      ),
    },
    { description: 'Answers to the very same request are given again, for as long as `ttl` says. Default: off.' },
  ),
)

/** What a provider allows. */
export const upstreamLimitsSchema = Optional(
  ObjectOf(
    {
      requestsPerMinute: most('Calls in a minute.'),
      tokensPerMinute: most('Tokens of input and output in a minute.'),
      concurrent: most('Calls that run at once.'),
      queue: count('How many calls may wait. Default 100.', 'expected a number, 0 or more', { minimum: 0 }),
      wait: most('How long a call waits, in milliseconds. Default 60000.'),
    },
    {
      ...closed,
      description: 'What the provider allows: calls beyond it wait for their turn, rather than be refused there.',
      errorMessage: 'expected an object `{ "requestsPerMinute": 60 }`',
    },
  ),
)
