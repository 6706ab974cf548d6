import { expect, test } from 'bun:test'
import { isPlaceholderKey } from '../../src/config/placeholder.ts'

test.each([
  '',
  '  ',
  '…',
  '...',
  '***',
  'xxx',
  'XXXX',
  'sk-xxx',
  'sk-xxxxx…',
  'sk-xxxxxxxxxxxxxxxx',
  'sk-...',
  'sk-…',
  'sk-ant-xxx',
  'sk-or-v1-xxx',
  'sk-proj-...',
  'gsk_xxx',
  'sk-your-key',
  'sk-your-api-key-here',
  'sk-ant-your-key',
  'your-api-key',
  'your_api_key',
  'YOUR_API_KEY',
  'your-secret-key',
  'your-openrouter-api-key',
  'your key',
  'my-api-key',
  'insert-key-here',
  'INSERT_YOUR_KEY',
  'paste your key here',
  '<key>',
  '<your api key>',
  '[key]',
  '{{API_KEY}}',
  'changeme',
  'change-me',
  'CHANGE_ME',
  'api-key',
  'api_key',
  'API KEY',
  'openai-api-key',
  'token',
  'placeholder',
  'TODO',
  'none',
  'null',
  'undefined',
  '你自己的token',
  '你的api_key',
  '填入你的密钥',
  '您的密钥',
  'sk-test',
  'sk-placeholder',
])('%j is no key', (key) => {
  expect(isPlaceholderKey(key)).toBeTrue()
})

test.each([
  'sk-1234567890abcdef',
  'sk-ant-api03-AbCdEf0123456789_-xyz',
  'sk-or-v1-0123456789abcdef',
  'sk-proj-AbC-dEf_123',
  'gsk_AbCd1234',
  'AIzaSyA1234567890abcdefghij',
  'xai-AbC123def456',
  'b3f1c2d4-1111-2222-3333-444455556666',
  'ollama',
  'lm-studio',
  'test',
  'sk-local',
  'eyJhbGciOiJIUzI1NiJ9.e30.x',
  'sk-xAbC12345',
  'your1real2key3',
  'dummy-but-mine-1',
  'EMPTY',
  'no-key-needed',
  'x1y2z3',
  'sk-testing123abc',
  'sk-keykeykey0abc',
  'myproxy-7f3a',
  'Addison42',
])('%j may be a key', (key) => {
  expect(isPlaceholderKey(key)).toBeFalse()
})

test('a long hostile text is judged at once', () => {
  const started = performance.now()
  for (const text of [
    `sk-${'your-'.repeat(20_000)}!`,
    `your${'-a'.repeat(40_000)}!`,
    `${'a-'.repeat(40_000)}!`,
    `sk-${'x'.repeat(90_000)}!`,
    'sk-'.repeat(30_000),
  ])
    isPlaceholderKey(text)
  expect(performance.now() - started).toBeLessThan(1000)
})
