import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/canonical/native.ts'
import type { Traits } from '../../src/protocol/protocol.ts'
import { catalog } from '../../src/provider/catalog/index.ts'
import { dialectStatus, dialectsOf, editsRequests, traitsFor } from '../../src/provider/dialect.ts'
import { policies } from '../../src/provider/policies.ts'
import { policyOf } from '../../src/provider/policy.ts'
import { testProvider } from '../helper/gateway.ts'

const at = (name: string) => testProvider('https://x.example', 'openai-chat', { catalog: name })

describe('the table of policies', () => {
  test.each(policies.map((policy, index) => [index, policy] as const))(
    'row %i can be read and holds somewhere',
    (_index, policy) => {
      const names = catalog.map(({ name }) => name)
      for (const name of policy.at ?? []) expect(names).toContain(name)
      for (const name of policy.dialects ?? []) expect(dialectStatus(name)).toEqual({ status: 'served', exact: name })
      expect(() => new RegExp(policy.models ?? '')).not.toThrow()
      // The beginning of a name is compared as text before it is taken for a pattern.
      expect(
        (policy.models ?? '').replaceAll(/\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)|\[[^\]]*\]/g, ''),
      ).not.toContain('|')
      expect(policy.traits ?? policy.dialects).toBeDefined()
      expect(policy.source).toMatch(/^https:\/\/\S+$/)
    },
  )

  test('of refused fields adds up', () => {
    const { traits } = policyOf('o3-mini', { catalog: 'openai' })
    expect(traits.refusedFields).toContain('temperature')
    expect(traits.refusedFields).toContain('parallel_tool_calls')
  })
})

describe('what is known of', () => {
  const chat = 'openai-chat'
  const thinking = { reasoningRequest: 'thinking', reasoningReplay: 'reasoning_content' } as const
  const nothing = {
    reasoningRequest: undefined,
    efforts: undefined,
    reasoningReplay: undefined,
    refusedFields: undefined,
    toolChoice: undefined,
    maxTokensField: undefined,
  }

  test.each<[string, ProtocolId | undefined, string, Partial<Record<keyof Traits, unknown>>]>([
    ['deepseek', chat, 'deepseek-v4-pro', { ...thinking, efforts: ['low', 'high', 'max'], images: false }],
    ['deepseek', chat, 'deepseek-flash', { ...thinking, images: undefined }],
    ['deepseek', chat, 'deepseek-reasoner', { reasoningRequest: 'none', reasoningReplay: 'reasoning_content' }],
    [
      'deepseek',
      'openai-responses',
      'deepseek-v4-pro',
      { efforts: ['none', 'low', 'high', 'max'], reasoningReplay: undefined },
    ],
    ['deepseek', 'anthropic-messages', 'deepseek-v4-pro', nothing],
    ['deepseek', undefined, 'deepseek-v4-pro', { ...nothing, images: false }],
    ['together', chat, 'deepseek-ai/DeepSeek-V3.1', { ...nothing, images: false }],

    [
      'zai',
      chat,
      'glm-4.7',
      { ...thinking, toolChoice: 'auto', maxTokensField: 'max_tokens', efforts: undefined, images: false },
    ],
    ['zhipu-coding', chat, 'glm-5.2', { ...thinking, efforts: ['low', 'high', 'max'] }],
    ['zai', chat, 'glm-5.3', { reasoningRequest: 'effort', efforts: ['low', 'high', 'max'] }],
    ['zai', chat, 'glm-4.6v', { images: undefined }],
    ['openrouter', chat, 'z-ai/glm-4.6:free', { images: false, reasoningRequest: 'openrouter', toolChoice: undefined }],

    ['moonshot', chat, 'kimi-k2.5', { ...thinking, toolChoice: 'auto', images: undefined }],
    [
      'moonshot-cn',
      chat,
      'kimi-k2-thinking',
      { reasoningRequest: 'none', reasoningReplay: 'reasoning_content', images: false },
    ],
    [
      'moonshot',
      chat,
      'kimi-k2-0905-preview',
      { reasoningRequest: 'none', reasoningReplay: undefined, toolChoice: undefined },
    ],
    ['moonshot', chat, 'kimi-k3', { reasoningRequest: 'effort', efforts: ['low', 'high', 'max'] }],
    ['kimi-coding', chat, 'kimi-for-coding', thinking],
    ['fireworks', chat, 'accounts/fireworks/models/kimi-k2.5', nothing],

    ['dashscope', chat, 'qwen3-max', { reasoningRequest: 'enable-thinking' }],
    ['dashscope-intl', chat, 'qwen3-coder-plus', { reasoningRequest: 'none', images: false }],
    ['siliconflow', chat, 'Qwen/Qwen3-32B', { reasoningRequest: 'enable-thinking' }],
    ['siliconflow', chat, 'moonshotai/Kimi-K2-Instruct-0905', { reasoningRequest: undefined }],
    ['modelscope', chat, 'Qwen/Qwen3-235B-A22B-Instruct-2507', { reasoningRequest: 'none' }],
    ['volcengine', chat, 'doubao-seed-1-6-251015', { reasoningRequest: 'thinking' }],

    ['openai', chat, 'gpt-5', { efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['openai', 'openai-responses', 'gpt-5-mini-2025-08-07', { efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['openai', chat, 'gpt-5-pro', { efforts: ['high'] }],
    ['openai', chat, 'gpt-5.1', { efforts: ['none', 'low', 'medium', 'high'], refusedFields: undefined }],
    ['openai', chat, 'gpt-5.1-codex-max', { efforts: ['low', 'medium', 'high', 'xhigh'] }],
    ['openai', chat, 'gpt-5.4', { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] }],
    ['openai', chat, 'gpt-4.1', nothing],
    ['github-models', chat, 'openai/o4-mini', { efforts: ['low', 'medium', 'high'] }],
    ['azure', chat, 'my-own-deployment', { maxTokensField: 'max_completion_tokens', refusedFields: undefined }],

    ['groq', chat, 'openai/gpt-oss-120b', { reasoningRequest: 'effort', cacheControl: false, images: false }],
    ['groq', chat, 'llama-3.3-70b-versatile', { reasoningRequest: 'none' }],
    ['cerebras', chat, 'zai-glm-4.7', { reasoningReplay: 'none', efforts: ['none', 'low', 'medium', 'high'] }],
    ['vercel', chat, 'anthropic/claude-sonnet-4.5', { reasoningRequest: 'openrouter', cacheControl: true }],
    [
      'mistral',
      chat,
      'mistral-small-latest',
      { reasoningRequest: 'effort', efforts: ['none', 'high'], reasoningReplay: 'none' },
    ],
    ['mistral', chat, 'devstral-2512', { reasoningRequest: 'none' }],
    ['xai', 'openai-responses', 'grok-4-fast-reasoning', { reasoningRequest: 'none' }],
    ['xai', chat, 'grok-code-fast-1', { reasoningRequest: 'none' }],
    ['xai', chat, 'grok-4.3', { reasoningRequest: undefined, efforts: ['none', 'low', 'medium', 'high'] }],
    ['ollama', chat, 'qwen3-coder:30b', { efforts: ['none', 'low', 'medium', 'high'] }],
    ['lmstudio', chat, 'qwen/qwen3-coder-30b', { toolChoice: 'words', images: false }],
    ['minimax', chat, 'MiniMax-M2.7', { reasoningReplay: 'none', images: false }],
    ['vertex', 'gemini', 'gemini-2.5-pro', { callIds: false }],
    ['gemini', 'gemini', 'gemini-2.5-pro', { callIds: undefined }],
    ['', chat, 'some-model', nothing],
    ['', chat, 'MiniMax-M3', nothing],
  ])('%s, in %s, of %s', (name, protocol, model, expected) => {
    const traits = traitsFor(at(name), model, protocol)
    const known = Object.fromEntries(Object.keys(expected).map((key) => [key, traits[key as keyof Traits]]))
    expect(known).toEqual(expected as never)
  })
})

describe('the config', () => {
  test('knows better than the catalog, and its dialects know best', () => {
    const stated = testProvider('https://x.example', 'openai-chat', {
      catalog: 'zai',
      traits: { toolChoice: 'words' },
      dialects: [{ name: 'maxcompletiontokens', options: {} }],
    })
    expect(traitsFor(stated, 'glm-4.7', 'openai-chat')).toMatchObject({
      toolChoice: 'words',
      maxTokensField: 'max_completion_tokens',
      reasoningRequest: 'thinking',
    })
  })

  test('names a dialect of the catalog itself: it acts once, with the options of the config', () => {
    const openrouter = { name: 'openrouter', options: { provider: { only: ['x'] } } }
    const stated = testProvider('https://x.example', 'openai-chat', { catalog: 'openrouter', dialects: [openrouter] })
    expect(dialectsOf(stated, 'm', 'openai-chat').map(({ name }) => name)).toEqual(['openrouter'])
    expect(editsRequests(stated, 'm')).toBe(true)
  })

  test('leaves the relay for its own dialects, never for those of the catalog', () => {
    expect(dialectsOf(at('groq'), 'm', 'openai-chat').map(({ name }) => name)).toEqual(['groq'])
    expect(editsRequests(at('groq'), 'm')).toBe(false)
  })
})
