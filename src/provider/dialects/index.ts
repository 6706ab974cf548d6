import type { DialectMaker } from '../dialect.ts'

/** The dialects that are served, by the name that the config calls them by. */
export const table: Readonly<Record<string, DialectMaker>> = {
  // These four only name the protocol of the endpoint.
  Anthropic: () => ({}),
  OpenAI: () => ({}),
  gemini: () => ({}),
  'openai-responses': () => ({}),
}

/** Names of dialects that configs in use know, which are not served: a provider with one loads, and its calls fail. */
export const unserved: readonly string[] = [
  'tooluse',
  'enhancetool',
  'forcereasoning',
  'extrathinktag',
  'vertex-gemini',
  'vertex-claude',
  'vertex-openai',
  'gemini-cli',
  'qwen-cli',
  'rovo-cli',
  'chutes-glm',
]
