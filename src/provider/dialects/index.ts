import type { DialectMaker } from '../dialect.ts'
import { cerebras } from './cerebras.ts'
import { cleancache } from './cleancache.ts'
import { customparams } from './customparams.ts'
import { deepseek } from './deepseek.ts'
import { enhancetool } from './enhancetool.ts'
import { extrathinktag } from './extrathinktag.ts'
import { forcereasoning } from './forcereasoning.ts'
import { groq } from './groq.ts'
import { maxcompletiontokens } from './maxcompletiontokens.ts'
import { maxtoken } from './maxtoken.ts'
import { openrouter } from './openrouter.ts'
import { reasoning } from './reasoning.ts'
import { sampling } from './sampling.ts'
import { streamoptions } from './streamoptions.ts'
import { tooluse } from './tooluse.ts'

/** The dialects that are served, by the name that the config calls them by. */
export const table: Readonly<Record<string, DialectMaker>> = {
  // These only name the endpoint's protocol, and where it is.
  Anthropic: () => ({}),
  OpenAI: () => ({}),
  bedrock: () => ({}),
  gemini: () => ({}),
  'openai-responses': () => ({}),
  'vertex-claude': () => ({}),
  'vertex-gemini': () => ({}),
  'vertex-openai': () => ({}),
  cerebras,
  cleancache,
  customparams,
  deepseek,
  enhancetool,
  extrathinktag,
  forcereasoning,
  groq,
  maxcompletiontokens,
  maxtoken,
  openrouter,
  reasoning,
  sampling,
  streamoptions,
  tooluse,
  vercel: openrouter,
}

/** Names of dialects that configs in use know, which are not served: a provider with one loads, and its calls fail. */
export const unserved: readonly string[] = ['gemini-cli', 'qwen-cli', 'rovo-cli', 'chutes-glm']

/** The options without which a dialect does nothing. */
export const neededOptions: Readonly<Record<string, string>> = { maxtoken: 'max_tokens' }
