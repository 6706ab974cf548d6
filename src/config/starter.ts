/** A provider as the user names it when asked. */
export interface NewProvider {
  readonly name: string
  /** Absent: that of the catalog. */
  readonly url?: string
  /** What the catalog's URL leaves open. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Its key, or `$NAME` for a variable of the environment. Absent: none is needed. */
  readonly key?: string
  /** The first model; also the default of all routes. */
  readonly model: string
  /** Dialects, if the URL does not tell the protocol. */
  readonly dialects?: readonly string[]
}

/** A config to start from, with its comments: examples, and nothing that is switched on. */
export function starterConfig(): string {
  return starter
}

/** The lines of a provider's entry. */
export function providerEntry(provider: NewProvider): string {
  const fields = {
    name: provider.name,
    ...(provider.url === undefined ? {} : { api_base_url: provider.url }),
    ...(provider.parameters === undefined ? {} : { parameters: provider.parameters }),
    ...(provider.key === undefined ? {} : { api_key: provider.key }),
    models: [provider.model],
    ...(provider.dialects === undefined ? {} : { transformer: { use: provider.dialects } }),
  }
  const lines = Object.entries(fields).map(([key, value]) => `  ${JSON.stringify(key)}: ${inline(value)}`)
  return `{\n${lines.join(',\n')}\n}`
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`)
    .join(', ')} }`
}

const starter = `{
  // Whom ccr calls, and for what. Comments and trailing commas are welcome.
  // \`ccr config check\` says whether all is right; a router that is running takes every change at once.
  // A file with "endpoints" and a "defaultEndpoint" instead is read as well; \`ccr config init --endpoints\` writes one.

  "Providers": [
    // Whoever is known by name needs no more than a key. $NAME is a variable of the environment; a key may also stand
    // here itself. The README lists the names: anthropic, openai, gemini, openrouter, deepseek, zai, moonshot, qwen …
    // { "name": "anthropic", "api_key": "$ANTHROPIC_API_KEY", "models": ["claude-opus-4-8", "claude-haiku-4-5"] },
    // { "name": "deepseek", "api_key": "$DEEPSEEK_API_KEY", "models": ["deepseek-v4-pro", "deepseek-flash"] },

    // A server on this machine needs no key.
    // { "name": "ollama", "models": ["qwen3-coder"] },

    // Anybody else has a URL: the host, the part up to /v1, or the full endpoint. "protocols" and "endpoints" say what
    // the URL does not.
    // {
    //   "name": "company",
    //   "api_base_url": "https://llm.company.example/v1",
    //   "api_key": "$COMPANY_API_KEY",
    //   "models": ["some-model"],
    //   "endpoints": { "anthropic-messages": "https://llm.company.example/anthropic" },
    // },
  ],

  "Router": {
    // Where everything goes that no other route takes: a provider and a model.
    // "default": "anthropic,claude-opus-4-8",

    // Small side tasks of the agent.
    // "background": "anthropic,claude-haiku-4-5",

    // Requests with reasoning; with a web search tool; with images.
    // "think": "anthropic,claude-opus-4-8",
    // "webSearch": "anthropic,claude-opus-4-8",
    // "image": "anthropic,claude-opus-4-8",

    // Requests of more tokens than the threshold.
    // "longContext": "deepseek,deepseek-v4-pro",
    // "longContextThreshold": 60000,
  },

  // Searches the web for models that have no search of their own: tavily, brave, or a searxng of yours at its "base_url".
  // "web_search": { "backend": "tavily", "api_key": "$TAVILY_API_KEY" },

  // Where \`ccr start\` listens. Another address than this machine's own needs an APIKEY, which clients must then show.
  // "HOST": "127.0.0.1",
  // "PORT": 3456,
  // "APIKEY": "$CCR_API_KEY",

  // How long a provider may stay silent, in milliseconds.
  // "API_TIMEOUT_MS": 600000,

  // An HTTP proxy for all providers.
  // "PROXY_URL": "http://127.0.0.1:8080",

  // "LOG": true,
  // "LOG_LEVEL": "info",
}
`
