import type { CatalogRow, Parameter } from './row.ts'

const account: Parameter = {
  variables: ['CLOUDFLARE_ACCOUNT_ID'],
  what: 'the id of your Cloudflare account',
}

/** Those who pass calls on to the models of many. */
export const gateways: readonly CatalogRow[] = [
  {
    name: 'openrouter',
    title: 'OpenRouter',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://openrouter.ai/api/v1' },
      { protocol: 'anthropic-messages', url: 'https://openrouter.ai/api/v1', auth: 'bearer' },
      { protocol: 'openai-responses', url: 'https://openrouter.ai/api/v1' },
    ],
    keys: ['OPENROUTER_API_KEY'],
    example: 'z-ai/glm-4.6',
    sources: [
      'https://openrouter.ai/docs/api-reference/overview',
      'https://openrouter.ai/docs/guides/guides/claude-code-integration',
      'https://openrouter.ai/docs/api/reference/responses/overview',
    ],
  },
  {
    name: 'vercel',
    aliases: ['vercel-ai-gateway', 'ai-gateway'],
    title: 'Vercel AI Gateway',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://ai-gateway.vercel.sh/v1' },
      { protocol: 'anthropic-messages', url: 'https://ai-gateway.vercel.sh/v1' },
      { protocol: 'openai-responses', url: 'https://ai-gateway.vercel.sh/v1' },
    ],
    keys: ['AI_GATEWAY_API_KEY', 'VERCEL_AI_GATEWAY_API_KEY'],
    example: 'anthropic/claude-sonnet-4.5',
    sources: ['https://vercel.com/docs/ai-gateway/sdks-and-apis'],
  },
  {
    name: 'cloudflare',
    aliases: ['cloudflare-ai', 'workers-ai'],
    title: 'Cloudflare',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1' },
      {
        protocol: 'anthropic-messages',
        url: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1',
        auth: 'bearer',
      },
      { protocol: 'openai-responses', url: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1' },
    ],
    keys: ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_KEY'],
    parameters: {
      account,
      gateway: { variables: ['CLOUDFLARE_GATEWAY_ID'], what: 'the id of an AI Gateway', optional: true },
    },
    headers: { 'cf-aig-gateway-id': '{gateway}' },
    example: 'openai/gpt-5.5',
    sources: ['https://developers.cloudflare.com/ai-gateway/usage/rest-api/'],
  },
  {
    name: 'cloudflare-gateway',
    aliases: ['cloudflare-ai-gateway'],
    title: 'Cloudflare AI Gateway',
    endpoints: [
      {
        protocol: 'openai-chat',
        url: 'https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/compat',
        auth: 'cf-aig-authorization',
      },
      {
        protocol: 'anthropic-messages',
        url: 'https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/anthropic/v1',
        auth: 'cf-aig-authorization',
        serves: '^claude',
      },
    ],
    keys: ['CF_AIG_TOKEN', 'CLOUDFLARE_API_TOKEN'],
    parameters: {
      account,
      gateway: { variables: ['CLOUDFLARE_GATEWAY_ID'], what: 'the id of your AI Gateway' },
    },
    example: 'openai/gpt-5.1',
    advice: "the key is the gateway's own; the keys of the vendors are stored in the gateway, or go into `headers`",
    sources: [
      'https://developers.cloudflare.com/ai-gateway/usage/chat-completion/',
      'https://developers.cloudflare.com/ai-gateway/configuration/authentication/',
    ],
  },
  {
    name: 'github-models',
    aliases: ['github'],
    title: 'GitHub Models',
    endpoints: [{ protocol: 'openai-chat', url: 'https://models.github.ai[/orgs/{org}]/inference' }],
    keys: ['GITHUB_TOKEN'],
    parameters: { org: { what: 'the organisation that pays', optional: true } },
    headers: { 'x-github-api-version': '2022-11-28' },
    example: 'openai/gpt-4.1',
    sources: ['https://docs.github.com/en/rest/models/inference'],
  },
  {
    name: 'aihubmix',
    title: 'AiHubMix',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://aihubmix.com/v1' },
      { protocol: 'anthropic-messages', url: 'https://aihubmix.com/v1', serves: 'claude' },
      { protocol: 'openai-responses', url: 'https://aihubmix.com/v1', serves: '^(gpt|o\\d|codex)' },
      { protocol: 'gemini', url: 'https://aihubmix.com/gemini/v1beta', serves: '^gemini' },
    ],
    keys: ['AIHUBMIX_API_KEY'],
    example: 'claude-sonnet-4-5',
    sources: [
      'https://docs.aihubmix.com/en',
      'https://docs.aihubmix.com/en/api/Claude-Native',
      'https://docs.aihubmix.com/en/api/Gemini-Guides',
    ],
  },
  {
    name: 'anyrouter',
    title: 'AnyRouter',
    endpoints: [
      { protocol: 'anthropic-messages', url: 'https://anyrouter.top/v1', auth: 'bearer' },
      { protocol: 'openai-responses', url: 'https://anyrouter.top/v1' },
    ],
    keys: ['ANYROUTER_API_KEY'],
    example: 'claude-sonnet-4-5-20250929',
    advice: 'it passes on what Claude Code and Codex send, and refuses what other clients do',
    sources: ['https://docs.anyrouter.top/', 'https://anyrouter.top/api/notice'],
  },
]
