import { chinesePolicies } from './chinese-policies.ts'
import type { Policy } from './policy.ts'

const chat = 'openai-chat'

const CLAUDE = '([a-z-]+[.])*claude.*'
const OPENAI = ['openai', 'azure', 'azure-deployments', 'github-models', 'aihubmix']

/** The policies, the general before the particular: of two that say something of the same thing, the later counts. */
export const policies: readonly Policy[] = [
  // Models that read text alone.
  {
    models: 'deepseek-(chat|reasoner|r1|v3([.][12])?(-exp|-terminus|-speciale)?|v4-pro)#',
    traits: { images: false },
    source: 'https://api-docs.deepseek.com/guides/anthropic_api',
  },
  {
    models: 'glm-(4[.][567]|5([.][123])?)(-(air|x|airx|flash|flashx|turbo|fast|highspeed|prime))?#',
    traits: { images: false },
    source: 'https://docs.z.ai/guides/overview/overview',
  },
  {
    models: 'kimi-k2(-(instruct|thinking|turbo|thinking-turbo))?#',
    traits: { images: false },
    source: 'https://platform.moonshot.ai/docs/introduction',
  },
  {
    models: 'qwen3-coder([-:](plus|flash|next|480b|30b|480b-a35b-instruct|30b-a3b-instruct))?(-(fp8|turbo|cloud))?#',
    traits: { images: false },
    source: 'https://www.alibabacloud.com/help/en/model-studio/models',
  },
  {
    models: '(gpt-oss-(20|120)b#|gpt-3[.]5-turbo#|o1-mini#|o3-mini#)',
    traits: { images: false },
    source: 'https://developers.openai.com/api/docs/models',
  },
  {
    models: 'minimax-m2([.][157])?(-(lightning|highspeed))?',
    traits: { images: false },
    source: 'https://platform.minimax.io/docs/guides/models-intro',
  },

  // Models that may write what they think into their text.
  {
    protocol: chat,
    models: '(deepseek-r1(-[a-z0-9.-]+)?|qwq(-[a-z0-9.-]+)?|minimax-m[12]([.]\\d)?(-[a-z0-9-]+)?)',
    dialects: ['extrathinktag'],
    source: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
  },

  // Models that cache nothing of a prompt but what stands before a mark.
  {
    protocol: 'anthropic-messages',
    models: CLAUDE,
    traits: { cacheMarks: ['tools', 'system', 'messages'] },
    source: 'https://platform.claude.com/docs/en/build-with-claude/prompt-caching',
  },
  {
    protocol: 'bedrock-converse',
    models: CLAUDE,
    traits: { cacheMarks: ['tools', 'system', 'messages'] },
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html',
  },
  {
    protocol: 'bedrock-converse',
    models: '([a-z-]+[.])*nova-.*',
    traits: { cacheMarks: ['system'] },
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html',
  },
  {
    at: ['openrouter', 'vercel'],
    protocol: chat,
    models: CLAUDE,
    traits: { cacheMarks: ['system', 'messages'] },
    source: 'https://openrouter.ai/docs/guides/best-practices/prompt-caching',
  },

  // OpenAI's own, by whoever serves them in its protocols.
  {
    protocol: chat,
    at: ['openai'],
    traits: { promptCacheKey: true },
    source: 'https://developers.openai.com/api/docs/guides/prompt-caching',
  },
  {
    at: OPENAI,
    models: '(gpt-5(-(mini|nano|codex))?#|o\\d+(-[a-z-]+)?#)',
    traits: { refusedFields: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logit_bias'] },
    source: 'https://developers.openai.com/api/docs/guides/reasoning',
  },
  {
    at: OPENAI,
    models: 'o\\d+(-[a-z-]+)?#',
    traits: { efforts: ['low', 'medium', 'high'], refusedFields: ['parallel_tool_calls'] },
    source: 'https://developers.openai.com/api/docs/guides/reasoning',
  },
  {
    at: OPENAI,
    models: 'gpt-5(-(mini|nano))?#',
    traits: { efforts: ['minimal', 'low', 'medium', 'high'] },
    source: 'https://developers.openai.com/api/docs/guides/reasoning',
  },
  {
    at: OPENAI,
    models: 'gpt-5-pro#',
    traits: { efforts: ['high'] },
    source: 'https://developers.openai.com/api/docs/models/gpt-5-pro',
  },
  {
    at: OPENAI,
    models: 'gpt-5[.]1#',
    traits: { efforts: ['none', 'low', 'medium', 'high'] },
    source: 'https://developers.openai.com/api/docs/models/gpt-5.1',
  },
  {
    at: OPENAI,
    models: '(gpt-5[.]1-codex-max#|gpt-5[.][23]-codex#)',
    traits: { efforts: ['low', 'medium', 'high', 'xhigh'] },
    source: 'https://developers.openai.com/api/docs/models/gpt-5.2-codex',
  },
  {
    at: OPENAI,
    models: 'gpt-5[.][2-9]#',
    traits: { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] },
    source: 'https://developers.openai.com/api/docs/guides/latest-model',
  },
  {
    // The name of a deployment says nothing of its model; this field is known to all of them.
    at: ['azure', 'azure-deployments'],
    protocol: chat,
    traits: { maxTokensField: 'max_completion_tokens' },
    source: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/reasoning',
  },

  ...chinesePolicies,

  {
    at: ['vertex'],
    protocol: 'gemini',
    traits: { callIds: false },
    source: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content',
  },

  {
    at: ['groq'],
    protocol: chat,
    dialects: ['groq'],
    source: 'https://console.groq.com/docs/openai',
  },
  {
    at: ['cerebras'],
    protocol: chat,
    dialects: ['cerebras'],
    source: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  },
  {
    at: ['openrouter', 'vercel'],
    protocol: chat,
    dialects: ['openrouter'],
    source: 'https://openrouter.ai/docs/guides/best-practices/reasoning-tokens',
  },
  {
    at: ['mistral'],
    protocol: chat,
    traits: { reasoningRequest: 'none', reasoningReplay: 'none' },
    source: 'https://docs.mistral.ai/api',
  },
  {
    at: ['mistral'],
    protocol: chat,
    models: '(mistral-small-(latest|2603)|mistral-medium-(3[.-]5|2604))',
    traits: { reasoningRequest: 'effort', efforts: ['none', 'high'] },
    source: 'https://docs.mistral.ai/capabilities/reasoning/adjustable',
  },
  {
    at: ['xai'],
    models: 'grok-(4|4[.-]1-fast|4-fast|code-fast|4[.]20)(-(reasoning|non-reasoning|1))?#',
    traits: { reasoningRequest: 'none', refusedFields: ['stop', 'presence_penalty', 'frequency_penalty'] },
    source: 'https://docs.x.ai/docs/guides/reasoning',
  },
  {
    at: ['xai'],
    models: 'grok-3-mini(-fast)?#',
    traits: { efforts: ['low', 'high'] },
    source: 'https://docs.x.ai/docs/guides/reasoning',
  },
  {
    at: ['xai'],
    models: 'grok-4[.]3#',
    traits: { efforts: ['none', 'low', 'medium', 'high'] },
    source: 'https://docs.x.ai/docs/guides/reasoning',
  },
  {
    at: ['perplexity'],
    models: 'sonar(-pro|-reasoning|-reasoning-pro)?',
    traits: { reasoningRequest: 'none' },
    source: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  },
  {
    at: ['ollama'],
    protocol: chat,
    traits: { efforts: ['none', 'low', 'medium', 'high'] },
    source: 'https://docs.ollama.com/api/openai-compatibility',
  },
  {
    at: ['lmstudio', 'llamacpp'],
    protocol: chat,
    traits: { toolChoice: 'words' },
    source: 'https://lmstudio.ai/docs/developer/openai-compat/tools',
  },
]
