import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/resilience.md'), 'utf8')
const env = { FIRST_KEY_1: 'key-1', FIRST_KEY_2: 'key-2', SECOND_KEY: 'key-3' }

test('the config of docs/resilience.md does what its text says', () => {
  const [, snippet = ''] = /```jsonc\n([\s\S]*?)```/.exec(text) ?? []
  const { config, problems } = resolveConfig(Bun.JSON5.parse(snippet) as Json, env)
  expect(problems).toEqual([])
  expect(config.providers[0]?.apiKeys).toEqual(['key-1', 'key-2'])
  expect(config.providers[0]?.deadlines.firstByteMs).toBe(60_000)
  expect(config.routes.fallbacks?.default).toEqual([{ provider: 'second', model: 'large' }])
  expect(config.routes.overflow).toEqual([{ provider: 'second', model: 'wide' }])
})
