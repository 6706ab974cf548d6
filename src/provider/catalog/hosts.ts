import type { CatalogRow } from './row.ts'

/** Those who serve open models of others. */
export const hosts: readonly CatalogRow[] = [
  {
    name: 'groq',
    title: 'Groq',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://api.groq.com/openai/v1' },
      { protocol: 'openai-responses', url: 'https://api.groq.com/openai/v1' },
    ],
    keys: ['GROQ_API_KEY'],
    example: 'openai/gpt-oss-120b',
    sources: ['https://console.groq.com/docs/openai', 'https://console.groq.com/docs/responses-api'],
  },
  {
    name: 'cerebras',
    title: 'Cerebras',
    endpoints: [{ protocol: 'openai-chat', url: 'https://api.cerebras.ai/v1' }],
    keys: ['CEREBRAS_API_KEY'],
    example: 'gpt-oss-120b',
    sources: ['https://inference-docs.cerebras.ai/resources/openai'],
  },
  {
    name: 'together',
    aliases: ['togetherai'],
    title: 'Together AI',
    endpoints: [{ protocol: 'openai-chat', url: 'https://api.together.xyz/v1' }],
    keys: ['TOGETHER_API_KEY'],
    example: 'Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8',
    sources: ['https://docs.together.ai/docs/openai-api-compatibility'],
  },
  {
    name: 'fireworks',
    aliases: ['fireworks-ai'],
    title: 'Fireworks AI',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://api.fireworks.ai/inference/v1' },
      { protocol: 'anthropic-messages', url: 'https://api.fireworks.ai/inference/v1', auth: 'bearer' },
      { protocol: 'openai-responses', url: 'https://api.fireworks.ai/inference/v1' },
    ],
    keys: ['FIREWORKS_API_KEY'],
    example: 'accounts/fireworks/models/kimi-k2-instruct-0905',
    sources: [
      'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
      'https://docs.fireworks.ai/tools-sdks/anthropic-compatibility',
    ],
  },
  {
    name: 'nvidia',
    aliases: ['nim'],
    title: 'NVIDIA',
    endpoints: [{ protocol: 'openai-chat', url: 'https://integrate.api.nvidia.com/v1' }],
    keys: ['NVIDIA_API_KEY'],
    example: 'qwen/qwen3-coder-480b-a35b-instruct',
    sources: ['https://docs.api.nvidia.com/nim/reference/llm-apis'],
  },
  {
    name: 'huggingface',
    aliases: ['hf'],
    title: 'Hugging Face',
    endpoints: [
      { protocol: 'openai-chat', url: 'https://router.huggingface.co/v1' },
      { protocol: 'openai-responses', url: 'https://router.huggingface.co/v1' },
    ],
    keys: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    example: 'moonshotai/Kimi-K2-Instruct-0905',
    sources: [
      'https://huggingface.co/docs/inference-providers/index',
      'https://huggingface.co/docs/inference-providers/guides/responses-api',
    ],
  },
]
