// What choosing a target adds to a request: the request as Claude Code sends it (50 KB, 12 tools), decoded beforehand, against
// configs of growing size. `bun run bench routing [rounds]`; ends with 1 if a median is above 50 microseconds.
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ModelRequest } from '../../src/canonical/request.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { createChooser, routingOf } from '../../src/gateway/chooser.ts'
import { createLearnt } from '../../src/gateway/learnt.ts'
import { decodeRequest } from '../../src/protocol/anthropic-messages/decode-request.ts'

const LIMIT_US = 50
const rounds = Number(process.argv[2] ?? 20_000)

const Providers = ['a', 'b', 'c'].map((name) => ({
  name,
  api_base_url: `http://127.0.0.1:1/${name}`,
  models: ['claude-opus-5-5', `${name}-model`],
}))
const groups = {
  weighted: { targets: [{ target: 'a,a-model', weight: 3 }, { target: 'b,b-model' }, { target: 'c,c-model' }] },
  nested: { targets: ['weighted', 'c,c-model'], strategy: 'round-robin' },
}
const misses: JsonObject[] = [
  { when: { model: ['gpt-*', '/^o[134](-|$)/'] }, use: 'a,a-model' },
  { when: { client: 'codex@>=0.100' }, use: 'a,a-model' },
  { when: { header: { 'x-team': 'blue-*' } }, use: 'a,a-model' },
  { when: { session: 'nobody-*' }, use: 'a,a-model' },
  { when: { thinking: true }, use: 'a,a-model' },
  { when: { effort: ['minimal', 'low'] }, use: 'a,a-model' },
  { when: { tools: 'mcp__*' }, use: 'a,a-model' },
  { when: { project: '~/elsewhere' }, use: 'a,a-model' },
  { when: { images: true }, use: 'a,a-model' },
  { when: { prompt: ['translate', '/\\bdocs?\\b/'] }, use: 'a,a-model' },
  { when: { time: { from: '03:00', to: '03:01', zone: 'Europe/Berlin' } }, use: 'a,a-model' },
]
const configs: Readonly<Record<string, JsonObject>> = {
  'the default alone': {},
  'five scenarios': {
    Router: {
      default: 'a,a-model',
      think: 'b,b-model',
      background: 'c,c-model',
      webSearch: 'b,b-model',
      image: 'c,c-model',
    },
  },
  'longContext besides': { Router: { default: 'a,a-model', longContext: 'b,b-model' } },
  'a rule and a group': { groups, rules: [{ when: { client: 'claude-code' }, use: 'weighted' }] },
  'eleven rules that miss, and a group in a group': { groups, rules: [...misses, { use: 'nested' }] },
}

const headers = { 'user-agent': 'claude-cli/2.1.330 (external, cli)', 'x-claude-code-session-id': 'session-of-a-bench' }
const request = sampleRequest()
let failed = false
for (const [name, more] of Object.entries(configs)) {
  const { config } = resolveConfig({ Providers, Router: { default: 'a,a-model' }, ...more }, {})
  const learnt = createLearnt(config.providers)
  const ports = { now: Date.now, random: Math.random, overridesOf: () => [] }
  const chooser = createChooser(routingOf(config), { learn: () => undefined }, ports, learnt)
  const once = (): void => chooser.choose(request, { headers }).remember()
  for (let round = 0; round < 2000; round++) once()
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    once()
    return (performance.now() - start) * 1000
  }).toSorted((one, other) => one - other)
  const [median, late] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)] ?? 0)
  failed ||= (median ?? 0) > LIMIT_US
  console.log(
    `${name.padEnd(48)} median ${median?.toFixed(1).padStart(6)} µs   99 % ${late?.toFixed(1).padStart(6)} µs`,
  )
}
if (failed) {
  console.log(`a median is above ${LIMIT_US} µs`)
  process.exitCode = 1
}

function sampleRequest(): ModelRequest {
  const words = (count: number): string => 'The quick brown fox jumps over the lazy dog. '.repeat(count / 45)
  const tool = (index: number): JsonObject => ({
    name: `Tool${index}`,
    description: words(1500),
    input_schema: { type: 'object', properties: { path: { type: 'string', description: words(200) } } },
  })
  const turns = Array.from({ length: 20 }, (_, index): JsonObject => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text: words(500) }],
  }))
  const body: JsonObject = {
    model: 'claude-opus-5-5',
    max_tokens: 32_000,
    stream: true,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
    system: [{ type: 'text', text: `${words(14_000)}\n - Primary working directory: /home/user/app\n` }],
    tools: Array.from({ length: 12 }, (_, index) => tool(index)),
    messages: [...turns, { role: 'user', content: 'now fix the rest' }],
  }
  return decodeRequest({ path: '/messages', query: '', headers, body })
}
