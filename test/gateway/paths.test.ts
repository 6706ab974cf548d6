import { describe, expect, test } from 'bun:test'
import { operationOf } from '../../src/gateway/paths.ts'

describe('the path says what is wanted, in whose protocol', () => {
  test.each([
    ['/v1/messages', 'anthropic-messages'],
    ['/messages', 'anthropic-messages'],
    ['/v1/v1/messages/', 'anthropic-messages'],
    ['//v1//chat/completions', 'openai-chat'],
    ['/v1/responses', 'openai-responses'],
    ['/v1beta/models/gemini-x:generateContent', 'gemini'],
    ['/v1/models/gemini-x:generateContent', 'gemini'],
    ['/models/gemini-x:streamGenerateContent', 'gemini'],
    ['/v1beta/v1beta/models/gemini-x:generateContent', 'gemini'],
    ['/v1/v1beta/models/gemini-x:generateContent', 'gemini'],
    ['/v1alpha/models/gemini-x%3AgenerateContent', 'gemini'],
    ['/v1beta1/publishers/google/models/gemini-x:streamGenerateContent', 'gemini'],
    ['/v1beta1/projects/p/locations/l/publishers/google/models/gemini-x:generateContent', 'gemini'],
    ['/v1beta/models/chat,vendor/model:free:generateContent', 'gemini'],
  ] as const)('%s', (path, protocol) => {
    expect(operationOf(path)).toMatchObject({ type: 'generate', protocol })
  })

  test.each([
    ['/v1/messages/count_tokens', 'anthropic-messages'],
    ['/v1beta/models/gemini-x:countTokens', 'gemini'],
  ] as const)('%s counts', (path, protocol) => {
    expect(operationOf(path)).toMatchObject({ type: 'count-tokens', protocol })
  })

  test.each([
    ['/v1/models/provider,model', 'provider,model', undefined],
    ['/v1beta/models/provider%2Cvendor%2Fmodel:free', 'provider,vendor/model:free', 'gemini'],
    ['/v1/models/x:constructor', 'x:constructor', undefined],
  ])('%s is one model', (path, model, protocol) => {
    expect(operationOf(path)).toEqual({ type: 'get-model', model, ...(protocol && { protocol }) } as never)
  })

  test.each(['/', '/v1', '/v2/messages', '/v1beta/cachedContents', '/models:'])('there is nothing at %s', (path) => {
    expect(operationOf(path)).toBeUndefined()
  })
})
