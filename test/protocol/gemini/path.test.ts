import { describe, expect, test } from 'bun:test'
import { pathOf, readPath } from '../../../src/protocol/gemini/path.ts'

describe('the model stands in the path', () => {
  test.each([
    ['/models/gemini-x:generateContent', 'gemini-x'],
    ['/models/provider,vendor/model:free:generateContent', 'provider,vendor/model:free'],
    ['/models/provider%2Cvendor%2Fmodel%3Afree%3AgenerateContent', 'provider,vendor/model:free'],
    ['/models/models/gemini-x:generateContent', 'models/gemini-x'],
    ['/models/50%:generateContent', '50%'],
    ['/tunedModels/mine:generateContent', 'tunedModels/mine'],
    ['/publishers/google/models/gemini-x:generateContent', 'gemini-x'],
    ['/publishers/openrouter,qwen/models/qwen3:generateContent', 'openrouter,qwen/qwen3'],
    ['/projects/p/locations/eu/publishers/google/models/gemini-x:generateContent', 'gemini-x'],
    ['/gemini-x:generateContent', 'gemini-x'],
  ])('%s asks %s', (path, model) => {
    expect(readPath(path)).toEqual({ model, action: 'generateContent' })
  })

  test.each(['', '/', ':', '/models/x', '/models/x:', ':generateContent', '/models/x:a-b'])(
    '%p asks nobody',
    (path) => {
      expect(readPath(path)).toBeUndefined()
    },
  )

  test.each([
    ['gemini-x', '/models/gemini-x:countTokens'],
    ['tunedModels/mine', '/tunedModels/mine:countTokens'],
    ['publishers/google/models/x', '/publishers/google/models/x:countTokens'],
    ['vendor/a b?#', '/models/vendor/a%20b%3F%23:countTokens'],
  ])('%s is asked at %s', (model, path) => {
    expect(pathOf(model, 'countTokens')).toBe(path)
  })
})
