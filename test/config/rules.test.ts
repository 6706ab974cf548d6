import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/canonical/json.ts'
import type { ModelRequest } from '../../src/canonical/request.ts'
import { formatDiagnostic, locateProblems } from '../../src/config/diagnostic.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { fresh } from '../../src/router/circumstances.ts'
import { CONDITION_NAMES } from '../../src/router/condition.ts'
import { factsOf, type RequestInfo } from '../../src/router/facts.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { overridesFor } from '../../src/router/override.ts'
import { select } from '../../src/router/select.ts'
import { requestWith } from '../router/request.ts'

const Providers = [
  { name: 'a', api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'two'] },
  { name: 'b', api_base_url: 'http://127.0.0.1:2/v1', models: ['three'] },
]
const base = { Providers, Router: { default: 'a,one', think: 'a,two' } }

function read(more: JsonObject) {
  const { config, problems } = resolveConfig({ ...base, ...more }, {})
  return { routes: config.routes, prices: config.prices, providers: config.providers, problems }
}

function told(more: JsonObject): string[] {
  const text = JSON.stringify({ ...base, ...more }, undefined, 1)
  return locateProblems(read(more).problems, text, 'c').map((one) =>
    `${one.severity} ${formatDiagnostic(one)}`.replace(/ c:\d+:\d+:/, ''),
  )
}

function chosen(more: JsonObject, change: Partial<ModelRequest> = {}, info: RequestInfo = { headers: {} }): string {
  const { routes, providers, problems } = read(more)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const facts = factsOf(requestWith(change), info)
  const overrides = overridesFor(facts, { routes, providers }, [])
  const { target, fallbacks, route } = select(facts, { routes, providers, overrides })
  return `${[target, ...fallbacks].map(nameOfTarget).join(' ')} ${route}`
}

const fits = (when: JsonObject, change: Partial<ModelRequest>, info?: RequestInfo): boolean =>
  chosen({ rules: [{ name: 'x', when, use: 'b,three' }] }, change, info) === 'b,three rule:x'

const user = (text: string): ModelRequest['messages'][number] => ({ role: 'user', parts: [{ type: 'text', text }] })
const tool = (name: string): ModelRequest['tools'][number] => ({ type: 'function', name, schema: {} })
const image: ModelRequest['messages'][number] = {
  role: 'user',
  parts: [{ type: 'media', kind: 'image', source: { type: 'url', url: 'http://x/y.png' } }],
}
const agent = (userAgent: string): RequestInfo => ({ headers: { 'user-agent': userAgent } })
/** Monday, 23:30 in Berlin, 22:30 in Greenwich. */
const late = Date.UTC(2026, 0, 5, 22, 30)

/** Sundays in Berlin on which the clock jumps from 2:00 to 3:00, and back from 3:00 to 2:00. */
const nights: readonly [string, boolean, number][] = [
  ['the hour before the clock jumps', true, Date.UTC(2026, 2, 29, 0, 59)],
  ['the hour that there is not', false, Date.UTC(2026, 2, 29, 1, 0)],
  ['an hour that is there twice, the first time', true, Date.UTC(2026, 9, 25, 0, 30)],
  ['an hour that is there twice, the second time', true, Date.UTC(2026, 9, 25, 1, 30)],
  ['the end of an hour that is there twice', false, Date.UTC(2026, 9, 25, 1, 45)],
]

describe('a rule fits', () => {
  test.each<[string, boolean, JsonObject, Partial<ModelRequest>, RequestInfo?]>([
    ['every request', true, {}, {}],
    ['a model by glob', true, { model: 'claude-*' }, { model: 'Claude-Opus-5' }],
    ['no other model', false, { model: 'claude-*' }, { model: 'x-claude-opus' }],
    ['one of several models', true, { model: ['gpt-?', 'claude-*'] }, { model: 'gpt-5' }],
    ['a model by expression', true, { model: '/^gpt-[45]/' }, { model: 'gpt-5-codex' }],
    ['with attention to case', false, { model: '/^GPT/c' }, { model: 'gpt-5' }],
    ['a model without its mark', true, { model: 'claude-opus' }, { model: 'claude-opus[1m]' }],
    ['a client', true, { client: 'claude-code' }, {}, agent('claude-cli/2.1.330 (external, cli)')],
    ['another client', false, { client: 'claude-code' }, {}, agent('codex_exec/0.169.0 (Debian)')],
    ['a version', true, { client: 'claude-code@>=2.1 <3' }, {}, agent('claude-cli/2.1.330 (external, cli)')],
    ['an older version', false, { client: 'claude-code@>=2.2' }, {}, agent('claude-cli/2.1.330')],
    ['every patch of a version', true, { client: 'codex@0.169' }, {}, agent('codex-tui/0.169.4')],
    ['a client without a version', false, { client: 'codex@0.169' }, {}, agent('codex-tui')],
    ['a client that tells nothing', false, { client: '*' }, {}],
    ['a label', true, { key: 'team-*' }, {}, { headers: {}, keyLabel: 'team-blue' }],
    ['no label', false, { key: '*' }, {}],
    ['a header', true, { header: { 'X-Team': 'blue*' } }, {}, { headers: { 'x-team': 'blue-1' } }],
    ['two headers of which one is wrong', false, { header: { a: '1', b: '2' } }, {}, { headers: { a: '1', b: '1' } }],
    ['a header that is there', true, { header: { a: true } }, {}, { headers: { a: '' } }],
    ['a header that is not there', true, { header: { a: false } }, {}],
    ['a session', true, { session: 's-*' }, {}, { headers: { 'session-id': 's-12345678' } }],
    ['thinking', true, { thinking: true }, { reasoning: { mode: 'on' } }],
    ['what every agent sends', false, { thinking: true }, { reasoning: { mode: 'adaptive', effort: 'high' } }],
    ['no thinking', true, { thinking: false }, {}],
    ['an effort', true, { effort: ['low', 'minimal'] }, { reasoning: { effort: 'low' } }],
    ['no effort', false, { effort: 'low' }, {}],
    ['tools', true, { tools: true }, { tools: [tool('Bash')] }],
    ['no tools', true, { tools: false }, {}],
    ['a tool by name', true, { tools: ['mcp__*', 'Web*'] }, { tools: [tool('Bash'), tool('WebFetch')] }],
    ['no such tool', false, { tools: 'mcp__*' }, { tools: [tool('Bash')] }],
    ['an image anywhere', true, { images: true }, { messages: [image, user('and now?')] }],
    ['no image', true, { images: false }, {}],
    ['words of the last prompt', true, { prompt: 'REFACTOR' }, { messages: [user('no'), user('please refactor it')] }],
    [
      'words of an earlier prompt',
      false,
      { prompt: 'refactor' },
      { messages: [user('please refactor it'), user('go')] },
    ],
    ['words of a reminder', false, { prompt: 'x' }, { messages: [user('<system-reminder>x</system-reminder>')] }],
    ['an expression over the prompt', true, { prompt: '/\\bfix(es)?\\b/' }, { messages: [user('this fixes it')] }],
    [
      'words of the system prompt',
      true,
      { system: 'you are (c)' },
      { system: [{ type: 'text', text: 'You are (C) x' }] },
    ],
    ['many tokens', true, { tokens: { above: 100 } }, { messages: [user('word '.repeat(500))] }],
    ['few tokens', true, { tokens: { below: 100 } }, {}],
    ['not so many', false, { tokens: { above: 100, below: 200 } }, { messages: [user('word '.repeat(5000))] }],
    [
      'a project',
      true,
      { project: '/home/me/projects' },
      { system: [{ type: 'text', text: ' - Primary working directory: /home/me/projects/x\n' }] },
    ],
    [
      'a folder beside it',
      false,
      { project: '/home/me/projects' },
      { system: [{ type: 'text', text: 'Working directory: /home/me/projects-old' }] },
    ],
    [
      'any folder',
      true,
      { project: '/home/*/projects/' },
      { messages: [user('<environment_context><cwd>/home/me/projects</cwd>')] },
    ],
    [
      'a folder of Windows',
      true,
      { project: 'c:/projects' },
      { system: [{ type: 'text', text: 'Working directory: C:\\Projects\\x' }] },
    ],
    ['an hour', true, { time: { from: '22:00', to: '24:00', zone: 'UTC' } }, {}, { headers: {}, now: late }],
    [
      'another zone',
      false,
      { time: { from: '22:00', to: '23:00', zone: 'Europe/Berlin' } },
      {},
      { headers: {}, now: late },
    ],
    [
      'over midnight',
      true,
      { time: { from: '22:00', to: '06:00', zone: 'UTC' } },
      {},
      { headers: {}, now: late + 6 * 3_600_000 },
    ],
    [
      'the morning after a day',
      true,
      { time: { from: '22:00', to: '06:00', days: ['mon'], zone: 'UTC' } },
      {},
      { headers: {}, now: late + 6 * 3_600_000 },
    ],
    [
      'the morning of a day',
      false,
      { time: { from: '22:00', to: '06:00', days: ['tue'], zone: 'UTC' } },
      {},
      { headers: {}, now: late + 6 * 3_600_000 },
    ],
    ...nights.map(([name, expected, now]): [string, boolean, JsonObject, Partial<ModelRequest>, RequestInfo] => [
      name,
      expected,
      { time: { from: '01:30', to: '02:45', days: ['sun'], zone: 'Europe/Berlin' } },
      {},
      { headers: {}, now },
    ]),
    [
      'the evening before in another half of the world',
      true,
      { time: { from: '22:00', to: '02:00', days: ['sun'], zone: 'America/Los_Angeles' } },
      {},
      { headers: {}, now: Date.UTC(2026, 0, 5, 8, 30) },
    ],
    [
      'a zone of half an hour',
      true,
      { time: { from: '04:00', to: '04:01', days: ['tue'], zone: 'Asia/Kolkata' } },
      {},
      { headers: {}, now: late },
    ],
    [
      'a whole day',
      true,
      { time: [{ days: ['sun'] }, { days: ['mon'], zone: 'UTC' }] },
      {},
      { headers: {}, now: late },
    ],
    ['all conditions', true, { model: 'claude-*', tools: false, images: false }, {}],
    ['all but one', false, { model: 'claude-*', tools: true, images: false }, {}],
    ['what is not meant', false, { not: { model: 'claude-*' } }, {}],
    ['what is not all of it', true, { not: { model: 'claude-*', tools: true } }, {}],
  ])('%s: %p', (_name, expected, when, change, ...[info]) => {
    expect(fits(when, { model: 'claude-x', ...change }, info)).toBe(expected)
  })
})

describe('who is asked', () => {
  test.each<[string, JsonObject, string]>([
    ['one target', { rules: [{ use: 'b,three' }] }, 'b,three rule:#1'],
    ['a list, in order', { rules: [{ use: ['b,three', 'a,two', 'b,three'] }] }, 'b,three a,two rule:#1'],
    ['a group by name', { groups: { g: ['b,three', 'a,one'] }, rules: [{ use: 'g' }] }, 'b,three a,one rule:#1'],
    [
      'a group in a group',
      { groups: { g: ['h', 'a,one'], h: { targets: ['a,two', 'b,three'] } }, rules: [{ use: 'g' }] },
      'a,two b,three a,one rule:#1',
    ],
    [
      'a group of its own',
      { rules: [{ name: 'own', use: { targets: [{ target: 'b,three', weight: 0 }, 'a,two'], strategy: 'weighted' } }] },
      'a,two b,three rule:own',
    ],
    ['in the spelling of the provider', { rules: [{ use: 'B,Three' }] }, 'b,three rule:#1'],
    [
      'the first rule that fits',
      { rules: [{ when: { model: 'no' }, use: 'b,three' }, { use: 'a,two' }] },
      'a,two rule:#2',
    ],
    ['a scenario where no rule fits', { rules: [{ when: { model: 'no' }, use: 'b,three' }] }, 'a,one default'],
    ['nobody, by a shadow', { rules: [{ use: 'b,three', shadow: true }] }, 'a,one default'],
  ])('%s', (_name, more, expected) => expect(chosen(more, { model: 'claude-x' })).toBe(expected))
})

describe('what the client asks for by name', () => {
  const rules = (when: JsonObject): JsonObject => ({ rules: [{ name: 'x', when, use: 'b,three' }] })
  test.each<[string, JsonObject, string, string]>([
    ['comes before a rule', {}, 'a,two', 'a,two explicit'],
    ['but not before one that speaks of the model', { model: 'a,*' }, 'a,two', 'b,three rule:x'],
    ['even if it cannot be had', { model: 'gone,*' }, 'gone,model', 'b,three rule:x'],
    ['and names that agents send unasked come after every rule', {}, 'claude-x', 'b,three rule:x'],
  ])('%s', (_name, when, model, expected) => expect(chosen(rules(when), { model })).toBe(expected))

  test('and what code of the user has named is asked of no rule', () => {
    expect(chosen(rules({ model: '*' }), { model: 'a,two' }, { headers: {}, isDecided: true })).toBe('a,two explicit')
  })

  test('in a sub-agent’s marker, too', () => {
    const system = [{ type: 'text' as const, text: '<CCR-SUBAGENT-MODEL>a,two</CCR-SUBAGENT-MODEL>' }]
    expect(chosen(rules({}), { model: 'claude-x', system })).toBe('a,two subagent')
    expect(chosen(rules({ model: '*' }), { model: 'claude-x', system })).toBe('b,three rule:x')
  })
})

describe('a scenario that names a group', () => {
  const groups = { g: ['b,three', 'a,two'], h: { targets: ['a,one', 'b,three'], strategy: 'round-robin' } }
  test.each<[string, JsonObject, Partial<ModelRequest>, string]>([
    ['asks its targets in order', { Router: { default: 'g' } }, {}, 'b,three a,two default'],
    [
      'and then those of fallback',
      { Router: { default: 'g' }, fallback: { default: ['b,three', 'a,one'] } },
      {},
      'b,three a,two a,one default',
    ],
    [
      'also where others name targets',
      { Router: { default: 'a,one', think: 'h' } },
      { reasoning: { mode: 'on' } },
      'a,one b,three think',
    ],
    ['also of a profile', { profiles: { '*': { Router: { default: 'g' } } } }, {}, 'b,three a,two default'],
  ])('%s', (_name, more, change, expected) => {
    expect(chosen({ groups, ...more }, { model: 'claude-x', ...change }, agent('x/1'))).toBe(expected)
  })

  test('is named in the reason', () => {
    const { routes, providers } = read({ groups, Router: { default: 'h' } })
    const { reason, group } = select(factsOf(requestWith({ model: 'claude-x' }), { headers: {} }), {
      routes,
      providers,
    })
    expect(reason).toBe('no other route applies; of h a,one, because it is its turn')
    expect(group?.id).toBe('h')
  })
})

describe('a profile', () => {
  const profiles = {
    'claude-code@>=3': { Router: { default: 'b,three' } },
    codex: {
      Router: { default: 'a,two' },
      fallback: { default: ['b,three'] },
      rules: [{ when: { tools: true }, use: 'b,three' }],
    },
  }
  test.each<[string, string, Partial<ModelRequest>, string]>([
    ['is laid over the routes', 'codex-tui/1.0', {}, 'a,two b,three default'],
    ['leaves what it does not name', 'codex-tui/1.0', { reasoning: { mode: 'on' } }, 'a,two think'],
    ['has rules of its own, before the others', 'codex-tui/1.0', { tools: [tool('x')] }, 'b,three rule:#1'],
    ['is for its client alone', 'opencode/1.0', {}, 'a,one default'],
    ['is for its versions alone', 'claude-cli/2.0', {}, 'a,one default'],
    ['is for its versions', 'claude-cli/3.0', {}, 'b,three default'],
  ])('%s', (_name, userAgent, change, expected) => {
    expect(chosen({ profiles }, { model: 'claude-x', ...change }, agent(userAgent))).toBe(expected)
  })
})

describe('what is wrong is told with its place', () => {
  test.each<[string, JsonObject, string[]]>([
    [
      'an unknown condition is an error: left out, the rule would fit too much',
      { rules: [{ when: { modle: 'x' }, use: 'a,one' }] },
      ['error `rules[0].when`: there is no key `modle`; did you mean `model`?'],
    ],
    [
      'an unknown key of a rule',
      { rules: [{ wen: {}, use: 'a,one' }] },
      ['error `rules[0]`: there is no key `wen`; did you mean `when`?'],
    ],
    [
      'a rule without a target',
      { rules: [{ when: {} }] },
      ['error `rules[0]`: the key `use` is missing; add `"use": "…"`'],
    ],
    [
      'a group that is not there',
      { groups: { fast: ['a,one'] }, rules: [{ use: 'fsat' }] },
      ['error `rules[0].use`: there is no group `fsat`, and "provider,model" has a comma; did you mean `fast`?'],
    ],
    [
      'a model alone',
      { rules: [{ use: 'three' }] },
      ['error `rules[0].use`: there is no group `three`, and "provider,model" has a comma; did you mean `b,three`?'],
    ],
    [
      'a provider that is not there',
      { rules: [{ use: ['c,x'] }] },
      ['error `rules[0].use[0]`: there is no provider `c`; the providers are `a`, `b`'],
    ],
    [
      'a group that holds itself',
      { groups: { g: ['h'], h: [{ target: 'g' }] } },
      ['error `groups.h[0].target`: a group cannot hold itself: g → h → g; take it out'],
    ],
    [
      'an empty group',
      { groups: { g: [] } },
      ['error `groups.g`: expected at least one target; write `["provider,model"]`'],
    ],
    [
      'an empty list',
      { rules: [{ use: [] }] },
      ['error `rules[0].use`: expected at least one target; write `["provider,model"]`'],
    ],
    [
      'a negative weight',
      { groups: { g: [{ target: 'a,one', weight: -1 }] } },
      ['error `groups.g[0].weight`: expected a number that is not negative, found the number -1'],
    ],
    [
      'no weight at all',
      { groups: { g: [{ target: 'a,one', weight: 0 }] } },
      ['error `groups.g`: all weights are 0: nobody would be chosen; leave the weights out'],
    ],
    [
      'weights that nobody asks for',
      { groups: { g: { targets: [{ target: 'a,one', weight: 2 }], strategy: 'round-robin' } } },
      [
        'warning `groups.g.targets`: the strategy `round-robin` knows no weights: they are without effect; write `"strategy": "weighted"`',
      ],
    ],
    [
      'an unknown strategy',
      { groups: { g: { targets: ['a,one'], strategy: 'least-coast' } } },
      [
        'error `groups.g.strategy`: expected one of order, weighted, round-robin, least-latency, least-cost, least-busy, found a text; did you mean `least-cost`?',
      ],
    ],
    [
      'a comma in a name',
      { groups: { 'g,h': ['a,one'] } },
      ['error `groups["g,h"]`: the name of a group holds no comma'],
    ],
    [
      'an expression that cannot be read',
      { rules: [{ when: { model: '/(a/' }, use: 'a,one' }] },
      ['error `rules[0].when.model`: there is a `(` without its `)`'],
    ],
    [
      'one that looks around',
      { rules: [{ when: { prompt: ['x', '/a(?=b)/'] }, use: 'a,one' }] },
      ['error `rules[0].when.prompt[1]`: looking ahead or behind (`(?=`, `(?!`, `(?<`) is not possible here'],
    ],
    [
      'a flag',
      { rules: [{ when: { prompt: '/a/g' }, use: 'a,one' }] },
      ['error `rules[0].when.prompt`: the flag `g` is not known: there are `i` (the default) and `c`, case matters'],
    ],
    [
      'versions',
      { rules: [{ when: { client: 'codex@new' }, use: 'a,one' }] },
      ['error `rules[0].when.client`: expected versions behind the `@`; write `claude-code@>=2.1 <3`'],
    ],
    [
      'a time',
      { rules: [{ when: { time: { from: '25:00' } }, use: 'a,one' }] },
      ['error `rules[0].when.time.from`: expected a time of day; write `22:30`'],
    ],
    [
      'a time zone',
      { rules: [{ when: { time: { zone: 'Europe/Berln' } }, use: 'a,one' }] },
      ['error `rules[0].when.time.zone`: there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?'],
    ],
    [
      'a day',
      { rules: [{ when: { time: { days: ['monday'] } }, use: 'a,one' }] },
      ['error `rules[0].when.time.days[0]`: expected one of sun, mon, tue, wed, thu, fri, sat, found a text'],
    ],
    [
      'an effort',
      { rules: [{ when: { effort: 'hihg' }, use: 'a,one' }] },
      [
        'error `rules[0].when.effort`: expected one of none, minimal, low, medium, high, xhigh, max, or a list of them, found a text',
      ],
    ],
    [
      'an empty list of patterns',
      { rules: [{ when: { model: [] }, use: 'a,one' }] },
      ['error `rules[0].when.model`: the list is empty: nothing would fit; leave it out'],
    ],
    [
      'a header with a key',
      { rules: [{ when: { header: { Authorization: '*x*' } }, use: 'a,one' }] },
      [
        'error `rules[0].when.header.Authorization`: this header holds a key, which no rule gets to see; use the condition `key`',
      ],
    ],
    [
      'a negated condition',
      { rules: [{ when: { not: { tokens: { over: 5 } } }, use: 'a,one' }] },
      ['error `rules[0].when.not.tokens`: there is no key `over`'],
    ],
    [
      'a rule that is never reached',
      { rules: [{ use: 'a,one' }, { when: { tools: true }, use: 'b,three' }] },
      [
        'warning `rules[1]`: the rule `#1` before it is for every request: this one never chooses; put it before `rules[0]`',
      ],
    ],
    [
      'two rules of one name',
      {
        rules: [
          { name: 'n', when: { tools: true }, use: 'a,one' },
          { name: 'n', use: 'a,two' },
        ],
      },
      ['warning `rules[1].name`: another rule is called `n` already; choose another name'],
    ],
    [
      'a price',
      { prices: { x: { input: -1, output: 1 } } },
      ['error `prices.x.input`: expected a price for a million tokens, found the number -1'],
    ],
    [
      'half a price',
      { prices: { x: { input: 1 } } },
      ['error `prices.x`: the key `output` is missing; add `"output": "…"`'],
    ],
    [
      'a profile',
      { profiles: { codex: { router: {} } } },
      ['error `profiles.codex`: there is no key `router`; did you mean `Router`?'],
    ],
    [
      'a route of a profile',
      { profiles: { codex: { Router: { default: 'c,x' } } } },
      ['error `profiles.codex.Router.default`: there is no provider `c`; the providers are `a`, `b`'],
    ],
  ])('%s', (_name, more, expected) => expect(told(more)).toEqual(expected))

  test('a group that is used well is told nothing of', () => {
    expect(told({ groups: { g: ['a,one', 'b,three'] }, rules: [{ when: { tools: true }, use: 'g' }] })).toEqual([])
  })

  test('with line and column', () => {
    const text = '{ Providers: [],\n rules: [\n  { when: { modle: "x" }, use: "a,one" }] }'
    const { problems } = resolveConfig(Bun.JSON5.parse(text) as JsonObject, {})
    expect(locateProblems(problems, text, 'c').map(formatDiagnostic)).toContain(
      'c:3:13: `rules[0].when`: there is no key `modle`; did you mean `model`?',
    )
  })

  test('numbers that JSON5 knows and nobody can weigh with', () => {
    for (const weight of [Number.NaN, Infinity])
      expect(read({ groups: { g: [{ target: 'a,one', weight }] } }).problems[0]?.message).toContain('not negative')
  })
})

describe('whatever is written', () => {
  const words = fc.constantFrom(
    'a,one',
    'b,three',
    'g',
    'h',
    'gone,x',
    '',
    '/(a+)+$/',
    '/(/',
    '*',
    'codex@>=1',
    '22:00',
    'UTC',
    '__proto__',
  )
  const leaf = fc.oneof(words, fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
  const keys = fc.constantFrom(
    'targets',
    'target',
    'weight',
    'strategy',
    'sticky',
    'when',
    'use',
    'shadow',
    'name',
    'not',
    'g',
    'h',
    '__proto__',
    ...CONDITION_NAMES,
  )
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(keys, tie('json'), { maxKeys: 4 }),
    ),
  }))

  test('is told, or can be used: nothing throws, and a rule with an error is no rule', () => {
    fc.assert(
      fc.property(json, json, json, json, (rules, groups, profiles, prices) => {
        const { config, problems } = resolveConfig({ ...base, rules, groups, profiles, prices }, {})
        const { routes, providers } = config
        const facts = factsOf(requestWith({ model: 'claude-x' }), agent('codex/1.0'))
        const overrides = overridesFor(facts, { routes, providers }, [])
        const selection = select(facts, { routes, providers, overrides }, { ...fresh, prices: config.prices ?? [] })
        expect(providers.map(({ name }) => name)).toContain(selection.target.provider)
        if (problems.every(({ severity }) => severity !== 'error')) {
          const written = Array.isArray(rules) ? rules.length : 0
          expect(routes.rules?.length ?? 0).toBe(written)
        }
      }),
      { numRuns: 1500 },
    )
  }, 30_000)

  test('an expression that would take for ever elsewhere decides at once', () => {
    const rules = [{ when: { prompt: '/^(a+)+$/' }, use: 'b,three' }]
    const start = performance.now()
    expect(chosen({ rules }, { model: 'claude-x', messages: [user(`${'a'.repeat(50_000)}!`)] })).toBe('a,one default')
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
