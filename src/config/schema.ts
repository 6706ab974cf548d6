import {
  Array as ArrayOf,
  Boolean as BooleanOf,
  Integer,
  Literal,
  Object as ObjectOf,
  Optional,
  Record as RecordOf,
  String as StringOf,
  Tuple,
  Union,
  Unknown,
} from '@sinclair/typebox'
import { groupsSchema, pricesSchema, rulesSchema } from './rule-schema.ts'
import { SCENARIOS, type Scenario } from '../router/route.ts'
import { budgetSchema, cacheSchema, clientKeysSchema, limitsSchema, upstreamLimitsSchema } from './limits-schema.ts'
import { protocolNames } from './protocol-name.ts'
import { breakerSchema, hedgeSchema, keysSchema, retrySchema, timeoutsSchema } from './resilience-schema.ts'
import { count } from './schema-parts.ts'

const text = (description: string) => Optional(StringOf({ description }))
const anything = (description: string) => Optional(Unknown({ description }))
const open = { additionalProperties: true }

const flag = (description: string) =>
  Optional(
    Union([BooleanOf(), StringOf({ pattern: '^\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|0|1|\\$.+)?\\s*$' })], {
      description,
      errorMessage: 'expected true or false',
    }),
  )

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

const files = (description: string) =>
  Optional(
    Union([StringOf(), ArrayOf(StringOf())], { description, errorMessage: 'expected a path or a list of paths' }),
  )

const names = (description: string) =>
  Optional(
    Union([StringOf(), ArrayOf(StringOf())], {
      description,
      errorMessage: 'expected a list of texts, or a text with commas',
    }),
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
    tokenizer: anything('How tokens are counted for this provider.'),
  },
  { description: 'Somebody who serves models.' },
)

const targetText = (description: string) =>
  Optional(StringOf({ description, errorMessage: 'expected a text "provider,model"' }))

const scenarioDescriptions = {
  default: 'Where everything goes that no other route takes: "provider,model" or a group.',
  background: 'Small side tasks of the agent: "provider,model" or a group.',
  think: 'Requests with reasoning: "provider,model" or a group.',
  longContext: 'Requests above `longContextThreshold`: "provider,model" or a group.',
  webSearch: 'Requests with a web search tool: "provider,model" or a group.',
  image: 'Requests with images: "provider,model" or a group.',
} satisfies Record<Scenario, string>

const router = Optional(
  ObjectOf(
    {
      default: targetText(scenarioDescriptions.default),
      background: targetText(scenarioDescriptions.background),
      think: targetText(scenarioDescriptions.think),
      longContext: targetText(scenarioDescriptions.longContext),
      longContextThreshold: count('Input tokens above which longContext is used.', 'expected a number of tokens', {
        minimum: 0,
      }),
      webSearch: targetText(scenarioDescriptions.webSearch),
      image: targetText(scenarioDescriptions.image),
      custom: anything('Kept, without effect.'),
    },
    { description: 'Which provider and model answer which kind of request.' },
  ),
)

const targetTexts = (description: string) =>
  Optional(ArrayOf(StringOf(), { description, errorMessage: 'expected a list of texts, `["provider,model"]`' }))

const fallback = Optional(
  ObjectOf(
    {
      ...Object.fromEntries(
        SCENARIOS.map((scenario) => [
          scenario,
          targetTexts(`Whom to try after the target of ${scenario}, in order: ["provider,model"].`),
        ]),
      ),
      overflow: targetTexts('Whom to try first if a prompt does not fit into the window: ["provider,model"].'),
    },
    { description: 'Whom to try if a target fails, by scenario. `default` is also for models that clients name.' },
  ),
)

/** Routes that are laid over others: those of a client, a project or a session. */
export const overrideSchema = ObjectOf(
  { Router: router, fallback, rules: rulesSchema },
  { additionalProperties: false, errorMessage: 'expected an object `{ "Router": {…} }`' },
)

const profiles = Optional(
  RecordOf(StringOf(), overrideSchema, {
    description: 'Routes for single clients (claude-code, codex, …), laid over the others: what they name wins.',
    errorMessage: 'expected an object of clients, `{ "codex": { "Router": {…} } }`',
  }),
)

const providers = (description: string) =>
  Optional(
    ArrayOf(provider, {
      description,
      errorMessage: 'expected a list of providers, `[{ "name": …, "api_base_url": … }]`',
    }),
  )

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const pluginList = Optional(
  ArrayOf(
    ObjectOf({
      name: text('A plugin that is built in: `token-speed`. It is on only with `"enabled": true`.'),
      path: text('The file of a plugin of your own.'),
      enabled: flag('Whether it is loaded.'),
      options: Optional(ObjectOf({}, open)),
    }),
    {
      description: 'Plugins: accents, middleware, routes.',
      errorMessage: 'expected a list of plugins, `[{ "path": "plugin.mjs" }]`',
    },
  ),
)

/** The config file. Keys that it does not name are kept. */
export const configSchema = ObjectOf({
  $schema: text('Where editors find the schema of this file.'),
  Providers: providers('Whom to call.'),
  providers: providers('The same as `Providers`.'),
  Router: router,
  HOST: text('Address to listen on. Other than loopback only together with APIKEY. Default 127.0.0.1.'),
  PORT: count('Port to listen on. Default 3456.', 'expected a port number from 0 to 65535', {
    minimum: 0,
    maximum: 65535,
  }),
  APIKEY: text('The key that clients must show. Write `$NAME` for a variable of the environment.'),
  ALLOWED_HOSTS: names(
    'Further names by which the router may be called, in the Host header: behind nginx, in Docker or WSL.',
  ),
  ALLOWED_ORIGINS: names('Web pages that may use the router: their origins, `https://app.example`. Default none.'),
  LOG: flag('Whether to write a log. Default true.'),
  LOG_LEVEL: Optional(
    Union(
      logLevels.map((level) => Literal(level)),
      {
        description: 'The least level that is logged. Default info.',
        errorMessage: `expected one of ${logLevels.join(', ')}`,
      },
    ),
  ),
  API_TIMEOUT_MS: count(
    'How long a provider may stay silent, in milliseconds. Default 600000.',
    'expected a number of milliseconds',
    { minimum: 1 },
  ),
  NON_INTERACTIVE_MODE: flag('For CI: the agent is started without a terminal.'),
  CLAUDE_PATH: text('The Claude Code executable. Default: `claude` of the PATH.'),
  ANTHROPIC_SMALL_FAST_MODEL: text('The model that Claude Code uses for side tasks.'),
  PROXY_URL: text('URL of an HTTP proxy for all providers.'),
  HTTPS_PROXY: text('The same as PROXY_URL.'),
  https_proxy: text('The same as PROXY_URL.'),
  httpsProxy: text('The same as PROXY_URL.'),
  CA_FILES: files(
    'Files with certificates (PEM) to trust besides those of the machine: those of a company proxy, say.',
  ),
  CUSTOM_ROUTER_PATH: text('A module that chooses the route.'),
  REWRITE_SYSTEM_PROMPT: text(
    "A file whose text replaces Claude Code's own system prompt; a relative path begins at this file.",
  ),
  transformers: Optional(
    ArrayOf(ObjectOf({ path: StringOf() }, open), { description: 'Modules with further dialects.' }),
  ),
  forceUseImageAgent: flag(
    'Whether the model of `Router.image` describes images to every other model, instead of answering in its place.',
  ),
  StatusLine: Optional(ObjectOf({}, { description: 'The status line of Claude Code.', additionalProperties: true })),
  fallback,
  retry: retrySchema,
  breaker: breakerSchema,
  rules: rulesSchema,
  groups: groupsSchema,
  profiles,
  prices: pricesSchema,
  keys: clientKeysSchema,
  limits: limitsSchema,
  budget: budgetSchema,
  cache: cacheSchema,
  hedge: hedgeSchema,
  continuation: flag(
    'Whether a stream of text that breaks off is gone on with by another target, which is shown what was said. Default false.',
  ),
  plugins: pluginList,
  Plugins: pluginList,
  OPENAI_API_KEY: anything('Kept, without effect.'),
  OPENAI_BASE_URL: anything('Kept, without effect.'),
  OPENAI_MODEL: anything('Kept, without effect.'),
  GOOGLE_CLOUD_PROJECT: anything('The project of Vertex providers.'),
  GOOGLE_CLOUD_LOCATION: anything('The location of Vertex providers.'),
  GOOGLE_APPLICATION_CREDENTIALS: anything('The credentials file of Vertex providers.'),
  log: anything('Kept, without effect.'),
})
