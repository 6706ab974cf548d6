import type { CatalogRow } from './row.ts'

/** Those who make models and serve them. */
export const vendors: readonly CatalogRow[] = [
  {
    name: 'anthropic',
    aliases: ['claude'],
    title: 'Anthropic',
    endpoints: [{ protocol: 'anthropic-messages', url: 'https://api.anthropic.com/v1' }],
    keys: ['ANTHROPIC_API_KEY'],
    example: 'claude-opus-4-8',
    sources: ['https://platform.claude.com/docs/en/api/overview'],
  },
  {
    name: 'openai',
    title: 'OpenAI',
    endpoints: [
      { protocol: 'openai-responses', url: 'https://api.openai.com/v1' },
      { protocol: 'openai-chat', url: 'https://api.openai.com/v1' },
    ],
    keys: ['OPENAI_API_KEY'],
    example: 'gpt-5.1',
    sources: ['https://platform.openai.com/docs/api-reference/introduction'],
  },
  {
    name: 'gemini',
    aliases: ['google', 'google-ai-studio'],
    title: 'Google Gemini',
    endpoints: [
      { protocol: 'gemini', url: 'https://generativelanguage.googleapis.com/v1beta' },
      { protocol: 'openai-chat', url: 'https://generativelanguage.googleapis.com/v1beta/openai' },
    ],
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    example: 'gemini-3-flash-preview',
    sources: ['https://ai.google.dev/api', 'https://ai.google.dev/gemini-api/docs/openai'],
  },
  {
    name: 'mistral',
    title: 'Mistral',
    endpoints: [{ protocol: 'openai-chat', url: 'https://api.mistral.ai/v1' }],
    keys: ['MISTRAL_API_KEY'],
    example: 'devstral-medium-latest',
    sources: ['https://docs.mistral.ai/api'],
  },
  {
    name: 'xai',
    aliases: ['grok'],
    title: 'xAI',
    endpoints: [
      { protocol: 'openai-responses', url: 'https://api.x.ai/v1' },
      { protocol: 'openai-chat', url: 'https://api.x.ai/v1' },
    ],
    keys: ['XAI_API_KEY'],
    example: 'grok-4.3',
    sources: ['https://docs.x.ai/docs/api-reference'],
  },
  {
    name: 'perplexity',
    title: 'Perplexity',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://api.perplexity.ai', serves: '^[^/]+$' },
      { protocol: 'openai-responses', url: 'https://api.perplexity.ai/v1', serves: '/' },
    ],
    keys: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
    example: 'sonar-pro',
    sources: [
      'https://docs.perplexity.ai/api-reference/chat-completions-post',
      'https://docs.perplexity.ai/docs/agent-api/openai-compatibility',
    ],
  },
]
