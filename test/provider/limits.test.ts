import { describe, expect, test } from 'bun:test'
import { ownTraits, traitsFor } from '../../src/provider/dialect.ts'
import { knownModels } from '../../src/provider/known-models.ts'
import { limitsOf } from '../../src/provider/limits.ts'
import { testProvider } from '../helper/gateway.ts'

describe('documented limits', () => {
  test.each<[string, number, number | undefined]>([
    ['claude-opus-5-5', 1_000_000, 128_000],
    ['claude-fable-5-1', 1_000_000, 128_000],
    ['claude-sonnet-4-6', 1_000_000, 128_000],
    ['claude-sonnet-4-5-20250929', 200_000, 64_000],
    ['claude-haiku-4-5', 200_000, 64_000],
    ['claude-opus-4-20250514', 200_000, 32_000],
    ['claude-opus-4-1', 200_000, 32_000],
    ['claude-3-5-haiku-latest', 200_000, 8192],
    ['gpt-6.1-sol', 1_050_000, 128_000],
    ['gpt-5.6', 1_050_000, 128_000],
    ['gpt-5', 400_000, 128_000],
    ['gpt-5-2025-08-07', 400_000, 128_000],
    ['gpt-5-mini', 400_000, 128_000],
    ['gpt-5-pro', 400_000, 272_000],
    ['gpt-5.1-chat-latest', 128_000, 16_384],
    ['gpt-5.1-codex-max', 400_000, 128_000],
    ['gpt-5.3-codex', 400_000, 128_000],
    ['gpt-5.3-codex-spark', 128_000, undefined],
    ['gpt-4.1-nano', 1_047_576, 32_768],
    ['gpt-4o', 128_000, 16_384],
    ['gpt-4o-2024-05-13', 128_000, 4096],
    ['gpt-4-1106-preview', 128_000, 4096],
    ['gpt-4', 8192, 8192],
    ['o3-mini', 200_000, 100_000],
    ['o1-mini', 128_000, 65_536],
    ['gpt-oss-120b', 131_072, 131_072],
    ['gemini-2.5-pro', 1_048_576, 65_536],
    ['gemini-2.5-flash-lite-preview-09-2025', 1_048_576, 65_536],
    ['gemini-3.1-pro-preview', 1_048_576, 65_536],
    ['gemini-2.0-flash-001', 1_048_576, 8192],
    ['deepseek-flash', 1_048_576, 393_216],
    ['deepseek-v4-pro', 1_048_576, 393_216],
    ['deepseek-v3.2-exp', 163_840, undefined],
    ['glm-4.5-air', 131_072, 98_304],
    ['glm-4.6', 204_800, 131_072],
    ['glm-5.3-flash', 1_048_576, 131_072],
    ['kimi-k2-0905-preview', 262_144, undefined],
    ['kimi-k2-instruct', 131_072, undefined],
    ['kimi-k2.7-code-highspeed', 262_144, undefined],
    ['qwen3-coder-plus-2025-07-22', 1_000_000, 65_536],
    ['qwen3-coder-480b-a35b-instruct', 262_144, 65_536],
    ['qwen3-max', 262_144, 65_536],
    ['qwen3.8-max-0902', 1_000_000, 131_072],
    ['MiniMax-M2.5', 204_800, undefined],
    ['grok-4-fast-non-reasoning', 2_000_000, undefined],
    ['grok-4-0709', 256_000, undefined],
    ['devstral-2512', 262_144, undefined],
    ['codestral-latest', 256_000, undefined],
    ['llama-3.3-70b-versatile', 131_072, undefined],
    ['llama-4-maverick-17b-128e-instruct', 1_048_576, undefined],
  ])('of %s: %i together, %p of output', (model, contextWindow, maxOutputTokens) => {
    expect(limitsOf(model)).toEqual({ contextWindow, ...(maxOutputTokens !== undefined && { maxOutputTokens }) })
  })

  test.each([
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
    ['claude-opus-4-1@20250805', 'claude-opus-4-1'],
    ['openai/gpt-5', 'gpt-5'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['publishers/google/models/gemini-3-flash-preview', 'gemini-3-flash'],
    ['z-ai/glm-4.6:free', 'glm-4.6'],
    ['zai-org/GLM-4.6', 'glm-4.6'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'llama-3.3-70b-instruct'],
    ['  GPT-4o  ', 'gpt-4o'],
  ])('%s is %s', (spelling, model) => {
    expect(limitsOf(spelling)).toEqual(limitsOf(model))
    expect(limitsOf(model).contextWindow).toBeGreaterThan(0)
  })

  test('the same name may be another model at another host', () => {
    expect(limitsOf('deepseek/deepseek-chat').contextWindow).toBe(163_840)
    expect(limitsOf('deepseek-chat').contextWindow).toBe(1_048_576)
  })

  const strangers =
    `model my-gpt-5 gpt-5-turbo gpt-50 gpt-5x gpt-4-32k gpt-4o-audio-preview gpt-4o-mini-tts gpt-5.9 o1x o10 claude-opus-4-9 claude-opus-6 claude claude-sonnet gemini-3-pro-image-preview gemini-2.5-flash-preview-tts deepseek-r1-distill-llama-70b deepseek-v5 qwen3-coder:30b llama3.1:8b glm-6 kimi-k2-base kimi-latest grok-4-heavy gpt-oss:20b mistral-large-latest gpt-5/extra`.split(
      ' ',
    )
  test.each(['', ...strangers, 'x'.repeat(100_000)])('%p is nobody known: no neighbour’s limits', (model) => {
    expect(limitsOf(model)).toEqual({})
  })

  test('no output is larger than its window', () => {
    for (const [names, window, output = 0] of knownModels) {
      expect(output, names).toBeLessThanOrEqual(window)
      expect(window, names).toBeGreaterThan(0)
    }
  })

  test('hostile ids are judged at once', () => {
    const started = performance.now()
    for (const model of ['gpt-5' + '-latest'.repeat(50_000), '-2024-01-01'.repeat(50_000), 'claude-3-'.repeat(50_000)])
      limitsOf(model)
    expect(performance.now() - started).toBeLessThan(100)
  })
})

describe('who says what a model can give', () => {
  const base = { models: ['gpt-4o', 'glm-4.6'], modelDialects: {} }

  test('what is known gives way to what the provider’s row says, and that to what it says of the model', () => {
    const provider = testProvider('http://127.0.0.1:1', 'openai-chat', {
      ...base,
      traits: { contextWindow: 32_000, images: false },
      modelTraits: { 'glm-4.6': { contextWindow: 64_000 } },
    })
    expect(traitsFor(provider, 'gpt-4o')).toEqual({ contextWindow: 32_000, maxOutputTokens: 16_384, images: false })
    expect(traitsFor(provider, 'glm-4.6')).toEqual({ contextWindow: 64_000, maxOutputTokens: 131_072, images: false })
    expect(ownTraits(provider, 'gpt-4o')).toEqual({ contextWindow: 32_000, images: false })
    expect(traitsFor(provider, 'toString')).toEqual({ contextWindow: 32_000, images: false })
  })

  test.each([
    [4000, 8000, 4000],
    [8000, 4000, 4000],
    [undefined, 50_000, 50_000],
    [50_000, undefined, 50_000],
    [undefined, undefined, 16_384],
  ])('of a limit of %p in the row and %p in a dialect, %p counts', (row, dialect, expected) => {
    const provider = testProvider('http://127.0.0.1:1', 'openai-chat', {
      ...base,
      traits: row === undefined ? {} : { maxOutputTokens: row },
      dialects: dialect === undefined ? [] : [{ name: 'maxtoken', options: { max_tokens: dialect } }],
    })
    expect(traitsFor(provider, 'gpt-4o').maxOutputTokens).toBe(expected)
  })
})
