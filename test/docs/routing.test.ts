import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ModelRequest } from '../../src/canonical/request.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { explain } from '../../src/gateway/explain.ts'
import { CONDITION_NAMES } from '../../src/router/condition.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { SCENARIOS } from '../../src/router/route.ts'
import { STRATEGIES } from '../../src/router/strategy.ts'
import { requestWith } from '../router/request.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/routing.md'), 'utf8')
const env = { DEEPSEEK_API_KEY: 'key-of-a-test', GROQ_API_KEY: 'key-of-a-test' }
const examples = [...text.matchAll(/^```jsonc\n([^]*?)^```$/gm)].map(
  ([, snippet = '']) => Bun.JSON5.parse(snippet) as JsonObject,
)
const noon = Date.UTC(2026, 0, 5, 12)

test('every example loads without an error or a warning', () => {
  expect(examples.map((example) => resolveConfig(example, env).problems)).toEqual([[], [], []])
})

test.each<[number, string, Partial<ModelRequest>, string, string, number?]>([
  [
    0,
    'in a folder',
    { system: [{ type: 'text', text: `Working directory: ${homedir()}/projects/secret/x` }] },
    '',
    'local,qwen3-coder',
  ],
  [
    0,
    'of Codex',
    { tools: [{ type: 'function', name: 'x', schema: {} }] },
    'codex_exec/0.169.0',
    'deepseek,chat groq,fast',
  ],
  [0, 'at night', {}, '', 'groq,fast', noon + 12 * 3_600_000],
  [
    0,
    'with a word',
    { messages: [{ role: 'user', parts: [{ type: 'text', text: 'Now Ultrathink!' }] }] },
    '',
    'deepseek,reasoner',
  ],
  [0, 'that none of them is for', {}, '', 'deepseek,chat'],
  [1, 'that is small', {}, '', 'one,qwen3-coder two,qwen3-coder cloud,chat'],
  [1, 'that is large', { system: [{ type: 'text', text: 'word '.repeat(40_000) }] }, '', 'cloud,chat'],
  [2, 'of Codex', {}, 'codex_exec/0.169.0', 'deepseek,reasoner'],
  [2, 'of Claude Code that thinks', { reasoning: { mode: 'on' } }, 'claude-cli/2.1.330', 'deepseek,reasoner'],
  [2, 'of another client', { reasoning: { mode: 'on' } }, 'opencode/1.0', 'deepseek,chat'],
])('example %i: a request %s', (index, _name, change, userAgent, expected, ...[now = noon]) => {
  const { config } = resolveConfig(examples[index] ?? {}, env)
  const headers = userAgent === '' ? {} : { 'user-agent': userAgent }
  const { selection } = explain(
    config,
    requestWith({ model: 'claude-x', ...change }),
    { headers },
    {
      now: () => now,
      random: () => 0.5,
      overridesOf: () => [],
    },
  )
  if (selection instanceof Error) throw selection
  expect([selection.target, ...selection.fallbacks].map(nameOfTarget).join(' ')).toBe(expected)
})

test('the tables name every condition and every strategy, and the order of the scenarios is the real one', () => {
  const rows = [...text.matchAll(/^\| `([\w-]+)` /gm)].map(([, name]) => name as string)
  expect(rows.toSorted()).toEqual([...CONDITION_NAMES, ...STRATEGIES].toSorted())
  expect(text).toContain(SCENARIOS.map((scenario) => `\`${scenario}\``).join(', '))
})
