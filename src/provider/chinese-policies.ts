import type { Policy } from './policy.ts'

const chat = 'openai-chat'
const responses = 'openai-responses'

const ZAI = ['zai', 'zai-coding', 'zhipu', 'zhipu-coding']
const MOONSHOT = ['moonshot', 'moonshot-cn']
const DASHSCOPE = ['dashscope', 'dashscope-intl', 'dashscope-coding', 'dashscope-coding-intl']

/** What holds at Chinese vendors, as they serve their models themselves. */
export const chinesePolicies: readonly Policy[] = [
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
]
