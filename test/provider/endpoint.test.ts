import { expect, test } from 'bun:test'
import type { DialectUse } from '../../src/provider/provider.ts'
import { isEndpointProblem, readEndpoint } from '../../src/provider/endpoint.ts'

const use = (name: string, options: Record<string, unknown> = {}): DialectUse => ({ name, options })

function baseOf(url: string, dialects: readonly DialectUse[] = []): string {
  const endpoint = readEndpoint(url, dialects)
  return isEndpointProblem(endpoint)
    ? endpoint.problem
    : `${endpoint.protocol} ${endpoint.baseUrl}${endpoint.query && `?${endpoint.query}`}`
}

test.each([
  ['https://api.openai.com', 'https://api.openai.com/v1'],
  ['https://api.openai.com/', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/chat/completions', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/chat/completions/', 'https://api.openai.com/v1'],
  ['  https://api.openai.com/v1/chat/completions  ', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/chat', 'https://api.openai.com/v1'],
  ['https://api.deepseek.com/chat/completions', 'https://api.deepseek.com'],
  ['https://openrouter.ai/api/v1/chat/completions', 'https://openrouter.ai/api/v1'],
  ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
  ['https://open.bigmodel.cn/api/paas/v4', 'https://open.bigmodel.cn/api/paas/v4'],
  ['https://open.bigmodel.cn/api/coding/paas/v4/', 'https://open.bigmodel.cn/api/coding/paas/v4'],
  [
    'https://dashscope.aliyuncs.com/compatible-mode/v1//chat/completions',
    'https://dashscope.aliyuncs.com/compatible-mode/v1',
  ],
  [
    'https://generativelanguage.googleapis.com/v1beta/openai/',
    'https://generativelanguage.googleapis.com/v1beta/openai',
  ],
  [
    'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    'https://generativelanguage.googleapis.com/v1beta/openai',
  ],
  [
    'https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
    'https://x.openai.azure.com/openai/deployments/d?api-version=1',
  ],
  ['http://localhost:11434', 'http://localhost:11434/v1'],
  ['http://127.0.0.1:8000/v1?token=a&b=c', 'http://127.0.0.1:8000/v1?token=a&b=c'],
  ['HTTPS://API.OpenAI.com:443/V1', 'https://api.openai.com/V1'],
  ['http://[::1]:1234/v1#part', 'http://[::1]:1234/v1'],
])('OpenAI Chat: %s is called below %s', (url, base) => {
  expect(baseOf(url)).toBe(`openai-chat ${base}`)
})

test.each([
  ['https://api.anthropic.com', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/v1', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/v1/', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/v1/messages', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/v1/messages/', 'https://api.anthropic.com/v1'],
  ['https://api.anthropic.com/v1/messages?beta=true', 'https://api.anthropic.com/v1?beta=true'],
  ['https://api.anthropic.com/v1/messages/count_tokens', 'https://api.anthropic.com/v1'],
  ['https://api.deepseek.com/anthropic', 'https://api.deepseek.com/anthropic/v1'],
  ['https://api.deepseek.com/anthropic/', 'https://api.deepseek.com/anthropic/v1'],
  ['https://api.deepseek.com/anthropic/v1/messages', 'https://api.deepseek.com/anthropic/v1'],
  ['https://gateway.example/messages', 'https://gateway.example'],
  ['https://gateway.example/anthropic/messages', 'https://gateway.example/anthropic'],
  ['https://gateway.example/a/v2', 'https://gateway.example/a/v2'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/v1'],
])('Anthropic Messages: %s is called below %s', (url, base) => {
  expect(baseOf(url, [use('Anthropic')])).toBe(`anthropic-messages ${base}`)
})

test.each([
  ['https://generativelanguage.googleapis.com', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/v1beta', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/v1beta/', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/v1beta/models', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/v1beta/models/', 'https://generativelanguage.googleapis.com/v1beta'],
  ['https://generativelanguage.googleapis.com/v1/models/', 'https://generativelanguage.googleapis.com/v1'],
  [
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
    'https://generativelanguage.googleapis.com/v1beta',
  ],
  [
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-x:streamGenerateContent?alt=sse&key=k',
    'https://generativelanguage.googleapis.com/v1beta?key=k',
  ],
  ['https://proxy.example/v1beta/models/', 'https://proxy.example/v1beta'],
  ['https://proxy.example/google/v1beta/models', 'https://proxy.example/google/v1beta'],
  ['https://proxy.example/google/v1beta/models/?a=b', 'https://proxy.example/google/v1beta?a=b'],
])('Gemini: %s is called below %s, by the URL alone', (url, base) => {
  expect(baseOf(url)).toBe(`gemini ${base}`)
})

test.each([
  ['https://api.openai.com', 'https://api.openai.com/v1'],
  ['https://api.openai.com/', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/responses', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/responses/', 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/responses?api-version=preview', 'https://api.openai.com/v1?api-version=preview'],
  ['https://api.openai.com/responses', 'https://api.openai.com'],
  ['https://x.openai.azure.com/openai/v1/responses', 'https://x.openai.azure.com/openai/v1'],
  ['https://x.openai.azure.com/openai', 'https://x.openai.azure.com/openai'],
  ['https://chatgpt.example/backend-api/codex/responses', 'https://chatgpt.example/backend-api/codex'],
  ['http://localhost:1234//v1//responses', 'http://localhost:1234/v1'],
])('OpenAI Responses: %s is called below %s', (url, base) => {
  expect(baseOf(url, [use('openai-responses')])).toBe(`openai-responses ${base}`)
})

test.each([
  ['https://api.anthropic.com', [], 'anthropic-messages', 'x-api-key'],
  ['https://relay.example/claude/v1/messages', [], 'anthropic-messages', 'x-api-key'],
  ['https://relay.example', ['Anthropic'], 'anthropic-messages', 'x-api-key'],
  ['https://relay.example', ['anthropic'], 'anthropic-messages', 'x-api-key'],
  ['https://relay.example/v1/responses', [], 'openai-responses', 'bearer'],
  ['https://relay.example', ['openai-responses'], 'openai-responses', 'bearer'],
  ['https://relay.example', ['gemini'], 'gemini', 'x-goog-api-key'],
  ['https://relay.example', ['maxtoken', 'gemini'], 'gemini', 'x-goog-api-key'],
  ['https://relay.example', ['deepseek'], 'openai-chat', 'bearer'],
  ['https://relay.example/messages-of/v1', [], 'openai-chat', 'bearer'],
] as const)('%s with %j is spoken to in %s, with the key as %s', (url, names, protocol, auth) => {
  expect(
    readEndpoint(
      url,
      names.map((name) => use(name)),
    ),
  ).toMatchObject({ protocol, auth })
})

test('`UseBearer` sends the key of an Anthropic endpoint as a bearer token', () => {
  expect(readEndpoint('https://api.anthropic.com', [use('Anthropic', { UseBearer: true })])).toMatchObject({
    auth: 'bearer',
  })
})

test.each([
  ['api.openai.com/v1', /https:\/\//, 'did you mean `https://api.openai.com…`?'],
  ['localhost:11434', /https:\/\//, 'did you mean `http://localhost:11434…`?'],
  ['127.0.0.1:8000/v1', /https:\/\//, 'did you mean `http://127.0.0.1:8000…`?'],
  ['//api.openai.com/v1', /https:\/\//, 'did you mean `https://api.openai.com…`?'],
  ['ftp://api.openai.com', /found ftp:/, undefined],
  ['https://', /no valid URL/, undefined],
  ['https://a b/', /no valid URL/, undefined],
  ['', /https:\/\//, undefined],
  ['$BASE_URL', /variable .* not set/, undefined],
  ['${BASE_URL}/v1', /variable .* not set/, undefined],
  ['nonsense url', /https:\/\//, undefined],
])('%j is refused', (url, problem, suggestion) => {
  const endpoint = readEndpoint(url)
  expect(endpoint).toMatchObject({ problem: expect.stringMatching(problem) })
  expect('suggestion' in endpoint ? endpoint.suggestion : undefined).toBe(suggestion)
})

test('a password in the URL is refused and not said', () => {
  expect(JSON.stringify(readEndpoint('https://user:hunter2@api.example.com/v1'))).toMatch(/^(?!.*hunter2).*api_key/)
})
