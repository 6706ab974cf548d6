import { describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../src/canonical/json.ts'
import { checkAgainst } from '../../src/config/check.ts'
import { isError } from '../../src/config/diagnostic.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { configSchema } from '../../src/config/schema.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'
import { starterConfig } from '../../src/config/starter.ts'

const fixture = (name: string) =>
  Bun.JSON5.parse(readFileSync(join(import.meta.dir, '../fixture/config', name), 'utf8')) as Json

const values: Json[] = [
  {},
  [],
  null,
  'x',
  { PORT: 1 },
  { PORT: '1' },
  { PORT: 'x' },
  { PORT: 1.5 },
  { PORT: -1 },
  { LOG: 'true' },
  { LOG: 'maybe' },
  { LOG: 1 },
  { Providers: {} },
  { Providers: [1] },
  { Providers: [{}] },
  { Providers: [{ name: '', api_base_url: 'x' }] },
  { Providers: [{ name: 'a', api_base_url: 'x' }] },
  { Providers: [{ name: 'a', api_base_url: 'x', transformer: { use: ['a', ['b'], ['c', {}], ['d', 1]] } }] },
  { Providers: [{ name: 'a', api_base_url: 'x', transformer: { m: { use: ['a', ['c', {}]] } } }] },
  { Providers: [{ name: 'a', api_base_url: 'x', transformer: { m: [] } }] },
  { Providers: [{ name: 'a', api_base_url: 'x', headers: { a: 1 } }] },
  { Providers: [{ name: 'a', api_base_url: 'x', proxy: false }] },
  { Providers: [{ name: 'a', api_base_url: 'x', proxy: true }] },
  { Providers: [{ name: 'a', api_base_url: 'x', contextWindow: 8192, maxOutputTokens: '4096' }] },
  { Providers: [{ name: 'a', api_base_url: 'x', contextWindow: { m: 8192, n: '$WINDOW' }, maxOutputTokens: {} }] },
  { Providers: [{ name: 'a', api_base_url: 'x', contextWindow: 0 }] },
  { Providers: [{ name: 'a', api_base_url: 'x', contextWindow: '0' }] },
  { Providers: [{ name: 'a', api_base_url: 'x', contextWindow: [8192] }] },
  { Providers: [{ name: 'a', api_base_url: 'x', maxOutputTokens: { m: 'many' } }] },
  { Providers: [{ name: 'a', api_base_url: 'x', maxOutputTokens: { m: 1.5 } }] },
  { Router: { default: 1 } },
  { Router: { longContextThreshold: '7' } },
  { LOG_LEVEL: 'info' },
  { LOG_LEVEL: 'loud' },
  { unknown: { a: [1] } },
  { StatusLine: 1 },
  { transformers: [{ path: 'x', options: {} }] },
  { transformers: ['x'] },
  { fallback: { default: [] } },
  { plugins: 3 },
]

describe('the schema', () => {
  test.each([...values, fixture('gemini.jsonc'), fixture('good.jsonc')].map((value) => [value]))(
    'is judged as TypeBox judges it: %j',
    (value) => {
      expect(checkAgainst(configSchema, value).some(isError)).toBe(!Value.Check(configSchema, value))
    },
  )

  test('is plain JSON Schema, with a word on every key', () => {
    const schema = jsonSchema() as {
      $schema: string
      anyOf: { properties: Record<string, { description?: string; anyOf?: unknown }> }[]
    }
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
    const keys = schema.anyOf.map(({ properties }) => Object.entries(properties))
    expect(keys.flat().filter(([, { description }]) => !description)).toEqual([])
    expect(keys.map((entries) => entries[0]?.[0] === '$schema' || entries[0]?.[0])).toEqual([true, 'endpoints'])
  })
})

describe('the starter config', () => {
  test('can be read, and switches nothing on', () => {
    const { config, problems } = resolveConfig(Bun.JSON5.parse(starterConfig()) as Json, {})
    expect([config.providers, config.routes.targets, problems]).toEqual([[], {}, []])
  })

  test('is right with every example in it switched on', () => {
    const text = starterConfig().replaceAll(/^( *)\/\/ (?=[ "{}\]])/gm, '$1')
    const env = {
      ANTHROPIC_API_KEY: 'key-of-anthropic',
      DEEPSEEK_API_KEY: 'key-of-deepseek',
      COMPANY_API_KEY: 'key-of-company',
      TAVILY_API_KEY: 'key-of-tavily',
      CCR_API_KEY: 'key-of-clients',
    }
    const { config, problems } = resolveConfig(Bun.JSON5.parse(text) as Json, env)
    expect(problems).toEqual([])
    expect(config.providers.map(({ name, endpoints, apiKey }) => [name, endpoints[0]?.protocol, apiKey])).toEqual([
      ['anthropic', 'anthropic-messages', 'key-of-anthropic'],
      ['deepseek', 'openai-chat', 'key-of-deepseek'],
      ['ollama', 'openai-chat', undefined],
      ['company', 'openai-chat', 'key-of-company'],
    ])
    expect(Object.keys(config.routes.targets).toSorted()).toEqual([
      'background',
      'default',
      'image',
      'longContext',
      'think',
      'webSearch',
    ])
  })
})
