import {
  Array as ArrayOf,
  Integer,
  Literal,
  Object as ObjectOf,
  Optional,
  Record as RecordOf,
  String as StringOf,
  Tuple,
  Union,
} from '@sinclair/typebox'
import { upstreamLimitsSchema } from './limits-schema.ts'
import { protocolNames } from './protocol-name.ts'
import { breakerSchema, keysSchema, retrySchema, timeoutsSchema } from './resilience-schema.ts'
import { anything, files, open, text } from './schema-parts.ts'

const dialectUse = Union([StringOf(), Tuple([StringOf()]), Tuple([StringOf(), ObjectOf({}, open)])], {
  description: 'A dialect by its name, or `["name", { options }]`.',
  errorMessage: 'expected a name or `["name", { options }]`',
})

const dialectList = Optional(
  ArrayOf(dialectUse, { description: 'Dialects, in order.', errorMessage: 'expected a list of names, `["name"]`' }),
)

const transformer = Optional(
  ObjectOf(
    { use: dialectList },
    {
      description: 'The accents of this provider; a key that is the name of a model holds those of this model.',
      additionalProperties: ObjectOf({ use: dialectList }, { errorMessage: 'expected an object `{ "use": […] }`' }),
    },
  ),
)

const tokens = { errorMessage: 'expected a number of tokens' }
const tokenCount = Union([Integer({ minimum: 1 }), StringOf({ pattern: '^\\s*([1-9]\\d*|\\$.+)?\\s*$' })], tokens)

/** A number of tokens for all models of a provider, or one for each. */
const tokenLimit = (description: string) =>
  Optional(
    Union([...tokenCount.anyOf, RecordOf(StringOf(), tokenCount)], {
      description,
      errorMessage: 'expected a number of tokens, or an object `{ "model": number }`',
    }),
  )

const protocolName = Union(
  protocolNames.map((name) => Literal(name)),
  { errorMessage: `expected one of ${protocolNames.join(', ')}` },
)

const provider = ObjectOf(
  {
    name: StringOf({
      description:
        'The name that routes call it by. One of the catalog (`deepseek`, `openrouter` …) needs no `api_base_url`.',
      minLength: 1,
    }),
    api_base_url: Optional(
      StringOf({
        description:
          'Its URL: the host, the part up to `/v1`, or the full endpoint. Default: that of the catalog, by `name` or `catalog`.',
        minLength: 1,
      }),
    ),
    api_key: text(
      "Its key. Write `$NAME` for a variable of the environment. Leave it out if none is needed, or if it is in the catalog's own variable.",
    ),
    catalog: text('The name in the catalog, if `name` is another.'),
    origin: text("`https://host` that stands in for scheme and host of the catalog's URLs: a mirror, a test."),
    parameters: Optional(
      RecordOf(StringOf(), StringOf(), {
        description: "What the catalog's URLs leave open: `account`, `resource`, `region` …",
        errorMessage: 'expected an object of texts',
      }),
    ),
    region: text('The region of Amazon Bedrock: the same as `parameters.region`.'),
    protocols: Optional(
      ArrayOf(protocolName, {
        description:
          'The protocols to speak with it, best first. Default: those of the catalog, or what its URL tells.',
        errorMessage: `expected a list of ${protocolNames.join(', ')}`,
      }),
    ),
    endpoints: Optional(
      ObjectOf(
        Object.fromEntries(
          protocolNames.map((name) => [name, text(`Where it speaks ${name}: a URL, as in \`api_base_url\`.`)]),
        ),
        {
          description: 'Further URLs of the same provider, by protocol.',
          errorMessage: 'expected an object of URLs by protocol',
        },
      ),
    ),
    api_keys: keysSchema,
    models: Optional(ArrayOf(StringOf(), { description: 'The models to list. Others can be asked for, too.' })),
    transformer,
    headers: Optional(
      RecordOf(StringOf(), StringOf(), {
        description: 'Further request headers.',
        errorMessage: 'expected an object of texts',
      }),
    ),
    auth: Optional(
      Literal('passthrough', {
        description: "`passthrough`: a client's own login or key of Anthropic is passed on to this provider.",
        errorMessage: 'expected "passthrough"',
      }),
    ),
    proxy: Optional(
      Union([StringOf(), Literal(false)], {
        description: 'URL of an HTTP proxy for this provider, or false for none.',
        errorMessage: 'expected the URL of a proxy or false',
      }),
    ),
    ca: files(
      'Files with certificates (PEM) that its servers may be signed by, besides those that the machine and CA_FILES trust.',
    ),
    timeouts: timeoutsSchema,
    retry: retrySchema,
    breaker: breakerSchema,
    limits: upstreamLimitsSchema,
    contextWindow: tokenLimit(
      'How many tokens input and output may have together; an object says it by model. Default: what is known of the model.',
    ),
    maxOutputTokens: tokenLimit(
      'How many tokens an answer may have at most; an object says it by model. Default: what is known of the model.',
    ),
    web_search: Optional(
      Union([Literal('own'), Literal('backend')], {
        description:
          '`own`: its models search the web themselves; `backend`: what `web_search` names does it for them. Default: what is known of the provider.',
        errorMessage: 'expected "own" or "backend"',
      }),
    ),
    tokenizer: anything('How tokens are counted for this provider.'),
  },
  { description: 'Somebody who serves models.' },
)

/** A list of those who serve models. */
export const providers = (description: string) =>
  Optional(
    ArrayOf(provider, {
      description,
      errorMessage: 'expected a list of providers, `[{ "name": …, "api_base_url": … }]`',
    }),
  )
