import { omit, type JsonObject } from '../canonical/json.ts'
import type { Addressing } from './provider.ts'

/** Where a request goes and what it says. */
export interface Addressed {
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

/** A request as a provider wants it whose paths are not the protocol's own; the body is the very same if it may stay. */
export function addressed(request: Addressed, addressing: Addressing | undefined, model: string): Addressed {
  return addressing === undefined ? request : ways[addressing](request, encodeURIComponent(model))
}

const ways: Readonly<Record<Addressing, (request: Addressed, model: string) => Addressed>> = {
  // https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
  'azure-deployments': (request, model) => ({ ...request, path: `/deployments/${model}${request.path}` }),
  // https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
  'vertex-claude': ({ path, headers, body }, model) =>
    path.endsWith('/count_tokens')
      ? { path: '/models/count-tokens:rawPredict', headers, body: withVersion(body) }
      : {
          headers,
          path: `/models/${model}:${body['stream'] === true ? 'streamRawPredict' : 'rawPredict'}`,
          body: withVersion(omit(body, inPath)),
        },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
  'bedrock-invoke': ({ headers, body }, model) => {
    const isStream = body['stream'] === true
    return {
      path: `/model/${model}/${isStream ? 'invoke-with-response-stream' : 'invoke'}`,
      headers: bedrockHeaders(headers, isStream),
      body: { anthropic_version: 'bedrock-2023-05-31', ...betasFor(headers, body), ...omit(body, inPathOfBedrock) },
    }
  },
}

const inPath = new Set(['model'])
const inPathOfBedrock = new Set(['model', 'stream', 'anthropic_beta'])

function bedrockHeaders(headers: Addressed['headers'], isStream: boolean): Addressed['headers'] {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('anthropic-'))
  const accept = isStream ? 'application/vnd.amazon.eventstream' : 'application/json'
  return { ...Object.fromEntries(own), accept }
}

/** What others name in a header. Bedrock refuses every beta that it does not know, without a word of which. */
function betasFor(headers: Addressed['headers'], body: JsonObject): JsonObject {
  const named = (headers['anthropic-beta'] ?? '').split(',').map((beta) => beta.trim())
  const inBody = Array.isArray(body['anthropic_beta']) ? body['anthropic_beta'] : []
  const betas = [...new Set([...inBody, ...named.filter((beta) => BEDROCK_BETAS.test(beta))])]
  return betas.length > 0 ? { anthropic_beta: betas } : {}
}

const BEDROCK_BETAS = new RegExp(
  `^(?:${[
    'computer-use',
    'token-efficient-tools',
    'interleaved-thinking',
    'output-128k',
    'dev-full-thinking',
    'context-1m',
    'context-management',
    'effort',
    'tool-search-tool',
    'tool-examples',
    'compact',
  ].join('|')})-\\d{4}-\\d\\d-\\d\\d$`,
)

/** What others say in the header `anthropic-version`. */
function withVersion(body: JsonObject): JsonObject {
  return { anthropic_version: 'vertex-2023-10-16', ...body }
}
