import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { searchesItself } from '../../src/provider/web-search.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/web-search.md'), 'utf8')
const lab = { name: 'lab', api_base_url: 'http://127.0.0.1:8000/v1', models: ['large'] }
const examples = [...text.matchAll(/^```jsonc\n([^]*?)^```$/gm)].map(
  ([, snippet = '']) => Bun.JSON5.parse(snippet) as JsonObject,
)
const resolved = examples.map((example) =>
  resolveConfig(
    { Providers: [lab], Router: { default: 'lab,large' }, ...example },
    { TAVILY_API_KEY: 'key-of-a-test' },
  ),
)

test('every example loads without an error or a warning', () => {
  expect(resolved.map(({ problems }) => problems)).toEqual([[], [], []])
})

test('the examples come to what the text says', () => {
  const [tavily, searxng, own] = resolved.map(({ config }) => config)
  expect(tavily?.webSearch).toMatchObject({ backend: 'tavily', baseUrl: 'https://api.tavily.com', maxResults: 5 })
  expect(searxng?.webSearch).toEqual({
    backend: 'searxng',
    baseUrl: 'http://127.0.0.1:8888',
    maxResults: 5,
    timeoutMs: 10_000,
    proxy: false,
  })
  const [provider] = own?.providers ?? []
  expect(provider && searchesItself(provider, 'large', 'anthropic-messages', false)).toBe(true)
})
