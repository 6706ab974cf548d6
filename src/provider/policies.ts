import type { Policy } from './policy.ts'

const chat = 'openai-chat'
const responses = 'openai-responses'

const CLAUDE = '([a-z-]+[.])*claude.*'
const ZAI = ['zai', 'zai-coding', 'zhipu', 'zhipu-coding']
const MOONSHOT = ['moonshot', 'moonshot-cn']
const DASHSCOPE = ['dashscope', 'dashscope-intl', 'dashscope-coding', 'dashscope-coding-intl']
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

  {
    at: ['deepseek'],
    protocol: chat,
    traits: { reasoningRequest: 'thinking', efforts: ['low', 'high', 'max'], reasoningReplay: 'reasoning_content' },
    source: 'https://api-docs.deepseek.com/guides/thinking_mode',
  },
  {
    at: ['deepseek'],
    protocol: responses,
    traits: { efforts: ['none', 'low', 'high', 'max'] },
    source: 'https://api-docs.deepseek.com/guides/thinking_mode',
  },
  {
    // Their names say whether they think.
    at: ['deepseek'],
    protocol: chat,
    models: 'deepseek-(chat|reasoner)',
    traits: { reasoningRequest: 'none' },
    source: 'https://api-docs.deepseek.com/quick_start/pricing',
  },

  {
    at: ['deepseek'],
    protocol: chat,
    traits: { outputFormats: 'json' },
    source: 'https://api-docs.deepseek.com/guides/json_mode',
  },
  {
    at: ['deepseek'],
    protocol: 'anthropic-messages',
    traits: { outputFormats: 'none' },
    source: 'https://api-docs.deepseek.com/guides/anthropic_api',
  },
  {
    at: ZAI,
    protocol: chat,
    traits: { outputFormats: 'json' },
    source: 'https://docs.z.ai/guides/capabilities/struct-output',
  },

  {
    at: ZAI,
    protocol: chat,
    traits: { reasoningRequest: 'thinking', reasoningReplay: 'reasoning_content' },
    source: 'https://docs.z.ai/guides/capabilities/thinking-mode',
  },
  {
    // Any other choice of a tool is taken, and then not kept to.
    at: ZAI,
    protocol: chat,
    traits: { toolChoice: 'auto', maxTokensField: 'max_tokens' },
    source: 'https://docs.z.ai/api-reference/llm/chat-completion',
  },
  {
    at: ZAI,
    protocol: chat,
    models: 'glm-5[.]2(-[a-z]+)?',
    traits: { efforts: ['low', 'high', 'max'] },
    source: 'https://docs.z.ai/api-reference/llm/chat-completion',
  },
  {
    // It always thinks: there is nothing to switch, only how much.
    at: ZAI,
    protocol: chat,
    models: 'glm-5[.]3(-[a-z]+)?',
    traits: { reasoningRequest: 'effort', efforts: ['low', 'high', 'max'] },
    source: 'https://docs.z.ai/guides/llm/glm-5.3',
  },

  {
    at: [...MOONSHOT, 'kimi-coding'],
    protocol: chat,
    models: '(kimi-k2[.][56]#|kimi-for-coding)',
    traits: {
      reasoningRequest: 'thinking',
      reasoningReplay: 'reasoning_content',
      toolChoice: 'auto',
      refusedFields: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
    },
    source: 'https://platform.kimi.ai/docs/api/models-overview',
  },
  {
    at: MOONSHOT,
    protocol: chat,
    models: '(kimi-k2-thinking(-turbo)?|kimi-k2[.]7-code(-highspeed)?)',
    traits: { reasoningRequest: 'none', reasoningReplay: 'reasoning_content', toolChoice: 'auto' },
    source: 'https://platform.moonshot.cn/docs/guide/use-kimi-k2-thinking-model',
  },
  {
    at: MOONSHOT,
    protocol: chat,
    models: 'kimi-k3([.]1-pro)?(-highspeed)?',
    traits: {
      reasoningRequest: 'effort',
      efforts: ['low', 'high', 'max'],
      reasoningReplay: 'reasoning_content',
      toolChoice: 'auto',
    },
    source: 'https://platform.kimi.ai/docs/guide/use-thinking-effort',
  },
  {
    at: [...MOONSHOT, 'kimi-coding'],
    protocol: chat,
    models: 'kimi-k2(-instruct|-turbo)?#',
    traits: { reasoningRequest: 'none' },
    source: 'https://platform.moonshot.ai/docs/introduction',
  },

  {
    at: DASHSCOPE,
    protocol: chat,
    traits: { reasoningRequest: 'enable-thinking' },
    source: 'https://www.alibabacloud.com/help/en/model-studio/deep-thinking',
  },
  {
    at: [...DASHSCOPE, 'modelscope'],
    protocol: chat,
    models: '(qwen3-coder(-[a-z0-9-]+)?|[a-z0-9.-]+-(instruct|thinking)(-\\d+)?)',
    traits: { reasoningRequest: 'none' },
    source: 'https://www.alibabacloud.com/help/en/model-studio/deep-thinking',
  },
  {
    at: ['siliconflow', 'siliconflow-intl', 'modelscope'],
    protocol: chat,
    models: '(qwen3-\\d+b(-a\\d+b)?|glm-4[.][56](v|-air)?|deepseek-v3[.][12](-(terminus|exp))?)',
    traits: { reasoningRequest: 'enable-thinking' },
    source: 'https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions',
  },
  {
    at: ['volcengine', 'volcengine-coding'],
    protocol: chat,
    traits: { reasoningRequest: 'thinking' },
    source: 'https://www.volcengine.com/docs/82379/1449737',
  },

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
