import type { ProtocolId } from '../canonical/native.ts'
import { chooseEndpoint } from './choose-endpoint.ts'
import { traitsFor } from './dialect.ts'
import type { Endpoint, Provider } from './provider.ts'

/**
 * Whether a model searches the web itself when a client of `protocol` asks for that. `hasFunctions`: there are other tools
 * beside the search.
 */
export function searchesItself(
  provider: Provider,
  model: string,
  protocol: ProtocolId,
  hasFunctions: boolean,
): boolean {
  const endpoint = chooseEndpoint(provider, model, protocol)
  if (!endpoint) return false
  const told = traitsFor(provider, model, endpoint.protocol).webSearch
  if (told !== undefined) return told
  const isOwn = endpoint.protocol === protocol
  // Chat has an option where others have a tool, which is not translated.
  if (protocol === 'openai-chat' && !isOwn) return false
  // Google refuses both together, so that the search would be left out.
  if (endpoint.protocol === 'gemini') return isOwn || !hasFunctions
  return places.some((place) => holds(place, endpoint, model))
}

/** Where it is known that there is a search. */
interface Place {
  readonly protocol: ProtocolId
  readonly host?: RegExp
  readonly model?: RegExp
  readonly addressing?: Endpoint['addressing']
  /** Where it is documented. */
  readonly source: string
}

const places: readonly Place[] = [
  {
    protocol: 'anthropic-messages',
    host: /(^|[.])(anthropic[.]com|services[.]ai[.]azure[.]com)$/,
    source: 'https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool',
  },
  {
    protocol: 'anthropic-messages',
    addressing: 'vertex-claude',
    source: 'https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/web-search',
  },
  {
    protocol: 'anthropic-messages',
    host: /(^|[.])(minimax[.]io|minimaxi[.]com)$/,
    source: 'https://platform.minimax.io/docs/guides/server-tools',
  },
  {
    protocol: 'openai-responses',
    host: /(^|[.])(openai[.]com|chatgpt[.]com|azure[.]com|x[.]ai|openrouter[.]ai)$/,
    source: 'https://developers.openai.com/api/docs/guides/tools-web-search',
  },
  {
    protocol: 'openai-chat',
    host: /(^|[.])openai[.]com$/,
    model: /-search(-|$)/,
    source: 'https://developers.openai.com/api/docs/guides/tools-web-search',
  },
  {
    protocol: 'openai-chat',
    host: /(^|[.])(openrouter[.]ai|perplexity[.]ai)$/,
    source: 'https://openrouter.ai/docs/features/web-search',
  },
  {
    protocol: 'bedrock-converse',
    model: /nova-(2|premier)/i,
    source: 'https://docs.aws.amazon.com/nova/latest/userguide/grounding.html',
  },
]

function holds({ protocol, host, model, addressing }: Place, endpoint: Endpoint, name: string): boolean {
  if (protocol !== endpoint.protocol) return false
  if (addressing !== undefined && addressing !== endpoint.addressing) return false
  if (host && !host.test(new URL(endpoint.baseUrl).hostname)) return false
  return !model || model.test(name)
}
