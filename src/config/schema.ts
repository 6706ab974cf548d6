import {
  Array as ArrayOf,
  Literal,
  Object as ObjectOf,
  Optional,
  Record as RecordOf,
  String as StringOf,
  Union,
} from '@sinclair/typebox'
import { SCENARIOS, type Scenario } from '../router/route.ts'
import { budgetSchema, cacheSchema, clientKeysSchema, limitsSchema } from './limits-schema.ts'
import { providers } from './provider-schema.ts'
import { breakerSchema, hedgeSchema, retrySchema } from './resilience-schema.ts'
import { groupsSchema, pricesSchema, rulesSchema } from './rule-schema.ts'
import { anything, count, files, flag, open, text } from './schema-parts.ts'
import { webSearchSchema } from './web-search-schema.ts'

const names = (description: string) =>
  Optional(
    Union([StringOf(), ArrayOf(StringOf())], {
      description,
      errorMessage: 'expected a list of texts, or a text with commas',
    }),
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
  web_search: webSearchSchema,
  continuation: flag(
    'Whether a stream of text that breaks off is gone on with by another target, which is shown what was said. Default false.',
  ),
  drain: count(
    'How long calls that run when the router is stopped may go on, in milliseconds. Default 30000.',
    'expected a number of milliseconds',
    { minimum: 0 },
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
