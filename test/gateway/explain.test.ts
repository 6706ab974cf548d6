import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ModelError } from '../../src/canonical/error.ts'
import type { Json, JsonObject } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { explain } from '../../src/gateway/explain.ts'
import type { GatewayConfig } from '../../src/gateway/gateway.ts'
import { headerText } from '../../src/gateway/headers.ts'
import { operationOf } from '../../src/gateway/paths.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { STRATEGIES } from '../../src/router/strategy.ts'
import { post, testGateway } from '../helper/gateway.ts'

const Providers = [
  { name: 'a', api_base_url: 'http://a.test/v1/chat/completions', models: ['one', 'two'] },
  { name: 'b', api_base_url: 'http://b.test/v1/chat/completions', models: ['three', 'claude-haiku-4-5'] },
  { name: 'c', api_base_url: 'http://c.test/v1/chat/completions', models: ['one'] },
]
/** Monday, 22:30 in Greenwich. */
const NOW = Date.UTC(2026, 0, 5, 22, 30)
const RANDOM = 0.5

const target = fc.constantFrom('a,one', 'a,two', 'b,three', 'B,Three', 'c,one')
const some = <T extends Json>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const given = (record: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined))

const group = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  targets: fc.uniqueArray(target, { minLength: 1, maxLength: 3 }),
  sticky: fc.boolean(),
})
const condition = fc
  .record({
    model: some(fc.constantFrom('claude-*', '/^gpt/', 'a,*', '*')),
    client: some(fc.constantFrom('claude-code', 'codex@>=0.1', '*')),
    header: some(fc.constantFrom<JsonObject>({ 'x-team': 'blue*' }, { 'x-team': true }, { 'x-team': false })),
    tokens: some(fc.constantFrom<JsonObject>({ above: 200 }, { below: 200 })),
    tools: some(fc.constantFrom<Json>(true, false, 'mcp__*')),
    images: some(fc.boolean()),
    thinking: some(fc.boolean()),
    effort: some(fc.constantFrom('low', 'max')),
    prompt: some(fc.constantFrom('refactor', '/\\bgo\\b/')),
    system: some(fc.constant('careful')),
    session: some(fc.constant('session-*')),
    project: some(fc.constantFrom('/home/me', '/elsewhere')),
    time: some(
      fc.constantFrom<JsonObject>({ from: '22:00', to: '06:00', zone: 'UTC' }, { days: ['tue'], zone: 'UTC' }),
    ),
  })
  // With all of them hardly any rule would ever fit.
  .chain((whole) => fc.subarray(Object.entries(whole), { maxLength: 2 }).map((few) => given(Object.fromEntries(few))))
const rule = fc
  .record({
    when: fc.oneof(
      condition,
      condition,
      condition.map((not): JsonObject => ({ not })),
    ),
    use: fc.oneof(target, fc.uniqueArray(target, { minLength: 1, maxLength: 3 }), fc.constant('g'), group),
    shadow: fc.constantFrom(false, false, true),
  })
  .map((whole) => whole as JsonObject)
const router = fc
  .record({
    default: some(fc.oneof(target, fc.constant('g'))),
    think: some(target),
    background: some(target),
    image: some(target),
    longContext: some(fc.oneof(target, fc.constant('g'))),
    webSearch: some(target),
    longContextThreshold: fc.constantFrom(150, 60_000),
  })
  .map(given)
const configs = fc.record({
  Router: router,
  rules: fc.array(rule, { maxLength: 4 }),
  groups: fc.record({ g: group }),
  profiles: fc.constantFrom<JsonObject>({}, { codex: { Router: { default: 'c,one' } } }),
  fallback: fc
    .record({ default: some(fc.array(target, { maxLength: 2 })), think: some(fc.array(target, { maxLength: 2 })) })
    .map(given),
  prices: fc.constantFrom<JsonObject>({}, { 'a,*': { input: 3, output: 9 }, three: { input: 1, output: 2 } }),
})

const texts = fc.constantFrom('Hello', 'please refactor it', 'now go', 'word '.repeat(300))
const models = fc.constantFrom(
  'claude-opus-5',
  'claude-haiku-4-5',
  'gpt-5',
  'a,two',
  'c/one',
  'three',
  'one',
  'nobody,x',
)
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
const asked = fc.record({
  text: texts,
  model: models,
  hasImage: fc.boolean(),
  tools: fc.constantFrom<readonly string[]>([], ['Bash'], ['mcp__x', 'Bash']),
  system: fc.constantFrom(
    'Be careful.\nWorking directory: /home/me/x\n',
    'Hi',
    '<CCR-SUBAGENT-MODEL>c,one</CCR-SUBAGENT-MODEL>',
  ),
  isThinking: fc.boolean(),
  headers: fc.constantFrom<Record<string, string>>(
    {},
    { 'user-agent': 'claude-cli/2.1.5 (external, cli)', 'x-claude-code-session-id': 'session-12345678' },
    { 'user-agent': 'codex_exec/0.169.0', 'x-team': 'Blue-1' },
  ),
})
type Question = typeof asked extends fc.Arbitrary<infer Value> ? Value : never

function bodyOf({ text, model, hasImage, tools, system, isThinking }: Question): JsonObject {
  return {
    model,
    max_tokens: 4000,
    system,
    messages: [{ role: 'user', content: [...(hasImage ? [IMAGE] : []), { type: 'text', text }] }],
    ...(tools.length > 0 && { tools: tools.map((name) => ({ name, input_schema: { type: 'object' } })) }),
    ...(isThinking && { thinking: { type: 'enabled', budget_tokens: 2000 } }),
  }
}

/** What a call does, and whom it asks where nobody answers. */
async function call(config: GatewayConfig, { headers }: Question, body: JsonObject) {
  const { gateway, calls } = testGateway(config, {
    now: () => NOW,
    random: () => RANDOM,
    fetch: () => Promise.resolve(Response.json({ error: { message: 'no' } }, { status: 500 })),
  })
  const response = await gateway(post('/v1/messages', body, { headers }))
  const told = (await response.json()) as { error: { message: string } }
  // Records before the last are of images that were looked at.
  const record = calls.at(-1)
  const attempts = record?.attempts ?? (record?.provider === undefined ? [] : [record])
  const wentTo = attempts.map(({ provider = '', model = '' }) => nameOfTarget({ provider, model }))
  return { response, message: told.error.message, wentTo }
}

test('what is explained is what a call then does: who is asked, after whom, by which rule and why', async () => {
  let chosen = 0
  await fc.assert(
    fc.asyncProperty(configs, asked, async (written, question) => {
      const resolved = resolveConfig({ Providers, retry: false, ...written }, {})
      const body = bodyOf(question)
      const path = operationOf('/v1/messages')
      const protocol = codecOf('anthropic-messages')
      const wire = { path: path && 'path' in path ? path.path : '', query: '', headers: question.headers, body }
      const ports = { now: () => NOW, random: () => RANDOM, overridesOf: () => [] }
      const caller = { headers: question.headers }
      const { selection } = explain(resolved.config, protocol.decodeRequest(wire), caller, ports)
      const { response, message, wentTo } = await call(resolved.config, question, body)
      if (selection instanceof ModelError) {
        expect([response.status, message, wentTo]).toEqual([selection.status, selection.message, []])
        return
      }
      chosen += 1
      expect(wentTo).toEqual([selection.target, ...selection.fallbacks].map(nameOfTarget))
      expect(response.headers.get('x-ccr-route')).toBe(selection.route)
      expect(response.headers.get('x-ccr-reason')).toStartWith(headerText(selection.reason).slice(0, 390))
    }),
    { numRuns: 400 },
  )
  expect(chosen).toBeGreaterThan(200)
}, 30_000)
