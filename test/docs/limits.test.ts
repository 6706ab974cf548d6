import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { CONDITION_NAMES } from '../../src/router/condition.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/limits.md'), 'utf8')
const lab = { name: 'lab', api_base_url: 'http://127.0.0.1:8000/v1', models: ['large'] }
const examples = [...text.matchAll(/^```jsonc\n([^]*?)^```$/gm)].map(
  ([, snippet = '']) => Bun.JSON5.parse(snippet) as JsonObject,
)
const prices = { 'lab,*': { input: 5, output: 25 } }
const resolved = examples.map((example) =>
  resolveConfig(
    { Providers: [lab], Router: { default: 'lab,large' }, prices, ...example },
    { CCR_API_KEY: 'key-of-a-test' },
  ),
)

test('every example loads without an error or a warning', () => {
  expect(resolved.map(({ problems }) => problems)).toEqual([[], [], [], []])
})

test('the examples come to what the text says', () => {
  const [keys, limits, provider, cache] = resolved.map(({ config }) => config)
  expect(keys?.clientKeys?.[0]).toMatchObject({ label: 'laptop', models: expect.anything() })
  expect(limits?.limits).toBeDefined()
  expect(provider?.providers[0]?.limits).toMatchObject({ concurrent: 4, queue: 100 })
  expect(cache?.cache).toEqual({ ttlMs: 300_000, mostCharacters: 32_000_000, except: ['background'] })
})

test('a rule can ask for the label of a key by the name that the text gives', () => {
  const [, name = ''] = /The label is `(\w+)` in rules, log/.exec(text) ?? []
  expect<readonly string[]>(CONDITION_NAMES).toContain(name)
})
