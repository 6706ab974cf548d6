import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import type { Ports } from '../../src/platform/ports.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'

/** Who fails, by the host in its URL. */
type Failing = Set<string>

/** A gateway over the providers `a`, `b` and `c`, of which each says its own name. */
function stage(more: JsonObject, failing: Failing = new Set()) {
  const names = ['a', 'b', 'c']
  const Providers = names.map((name) => ({ name, api_base_url: `http://${name}.test/v1/messages`, models: ['m'] }))
  const { config, problems } = resolveConfig({ Providers, Router: { default: 'a,m' }, ...more }, {})
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const providers = names.map((name) => ({
    ...testProvider(`http://${name}.test`, 'anthropic-messages'),
    name,
    models: ['m'],
  }))
  const fetch: Ports['fetch'] = (url) => {
    const name = new URL(url).hostname[0] ?? ''
    if (failing.has(name))
      return Promise.resolve(
        Response.json({ type: 'error', error: { type: 'authentication_error', message: 'no' } }, { status: 401 }),
      )
    return Promise.resolve(Response.json(reply(name)))
  }
  const { routes, prices } = config
  return testGateway({ providers, routes, ...(prices && { prices }) }, { fetch })
}

function reply(name: string): JsonObject {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: name }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1000, output_tokens: 100 },
  }
}

async function ask(
  { gateway }: ReturnType<typeof stage>,
  headers: Record<string, string> = {},
  body: JsonObject = {},
): Promise<{ by: string; reason: string; route: string }> {
  const response = await gateway(
    post(
      '/v1/messages',
      { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }], ...body },
      { headers },
    ),
  )
  const said = (await response.json()) as { content?: { text: string }[] }
  return {
    by: said.content?.[0]?.text ?? `status ${response.status}`,
    reason: response.headers.get('x-ccr-reason') ?? '',
    route: response.headers.get('x-ccr-route') ?? '',
  }
}

const session = (id: string): Record<string, string> => ({ 'x-claude-code-session-id': id })

describe('rules decide calls', () => {
  test('and the answer says which rule it was', async () => {
    const scene = stage({ rules: [{ name: 'agents', when: { client: 'claude-code' }, use: 'b,m' }] })
    expect(await ask(scene, { 'user-agent': 'claude-cli/2.1.330 (external, cli)' })).toEqual({
      by: 'b',
      route: 'rule:agents',
      reason: 'rule "agents": client "claude-code 2.1.330"',
    })
    expect(await ask(scene)).toMatchObject({ by: 'a', route: 'default' })
    expect(scene.calls.map(({ route }) => route)).toEqual(['rule:agents', 'default'])
  })

  test('a name from outside cannot break the header', async () => {
    const scene = stage({ rules: [{ name: 'schön\n☂', when: { session: 's*' }, use: 'b,m' }] })
    expect(await ask(scene, session('s-12345678'))).toMatchObject({ by: 'b' })
  })

  test('a key is never seen by a condition on headers', async () => {
    const scene = stage({ rules: [{ when: { header: { 'x-other': '*' } }, use: 'b,m' }] })
    expect(await ask(scene, { 'x-api-key': 'secret', 'x-other': '1' })).toMatchObject({ by: 'b' })
    expect(JSON.stringify(scene.lines)).not.toContain('secret')
  })
})

describe('a group', () => {
  const groups = { g: { targets: ['a,m', 'b,m', 'c,m'], strategy: 'round-robin' } }
  const rules = [{ use: 'g' }]

  test('sends sessions in turn, each to its own target', async () => {
    const scene = stage({ groups, rules })
    const seen: string[] = []
    for (const id of ['s-1', 's-2', 's-3', 's-1', 's-2', 's-3', 's-1']) seen.push((await ask(scene, session(id))).by)
    expect(seen.join('')).toBe('abcabca')
  })

  test('sends sessions in turn where a scenario names it, too', async () => {
    const scene = stage({ groups, Router: { default: 'g' } })
    const seen: string[] = []
    for (const id of ['s-1', 's-2', 's-1', 's-3']) seen.push((await ask(scene, session(id))).by)
    expect(seen.join('')).toBe('abac')
  })

  test('sends calls without a session in turn', async () => {
    const scene = stage({ groups, rules })
    const seen: string[] = []
    for (let call = 0; call < 5; call++) seen.push((await ask(scene)).by)
    expect(seen.join('')).toBe('abcab')
  })

  test('asks for a count of tokens without taking a turn', async () => {
    const scene = stage({ groups, rules })
    await scene.gateway(
      post('/v1/messages/count_tokens', { model: 'claude-x', messages: [{ role: 'user', content: 'x' }] }),
    )
    expect((await ask(scene)).by).toBe('a')
  })

  test('moves a session that its target fails, unseen, and lets it stay there', async () => {
    const failing: Failing = new Set()
    const scene = stage({ groups, rules }, failing)
    expect((await ask(scene, session('s-1'))).by).toBe('a')
    failing.add('a')
    expect((await ask(scene, session('s-1'))).by).toBe('b')
    failing.delete('a')
    expect((await ask(scene, session('s-1'))).by).toBe('b')
    expect((await ask(scene, session('s-1'))).reason).toContain('because the session is at b,m')
  })

  test('moves a session once, though many of its calls fail at the same time', async () => {
    const failing: Failing = new Set(['a'])
    const scene = stage({ groups, rules }, failing)
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(scene, session('s-1'))))
    expect(new Set(all.map(({ by }) => by)).size).toBe(1)
    failing.clear()
    expect((await ask(scene, session('s-1'))).by).toBe(all[0]?.by as string)
  })

  test('without stickiness keeps nobody', async () => {
    const scene = stage({ groups: { g: { ...groups.g, sticky: false } }, rules })
    const seen: string[] = []
    for (let call = 0; call < 4; call++) seen.push((await ask(scene, session('s-1'))).by)
    expect(seen.join('')).toBe('abca')
  })
})

describe('a shadow rule', () => {
  const prices = { 'a,m': { input: 3, output: 15 }, m: { input: 1, output: 5 } }

  test('acts never, and tells in the log what it would have chosen and what that would have cost', async () => {
    const scene = stage({ rules: [{ name: 'cheap', shadow: true, when: { tools: false }, use: 'b,m' }], prices })
    expect(await ask(scene)).toMatchObject({ by: 'a', route: 'default' })
    const line = scene.lines.find(({ message }) => message.startsWith('shadow'))
    expect(line).toMatchObject({
      level: 'info',
      message: 'shadow rule "cheap": tools none',
      fields: { target: 'b,m', cost: 0.0015, chosen: 'a,m', chosenCost: 0.0045 },
    })
  })

  test('of a group takes no turn and holds no session', async () => {
    const groups = { g: { targets: ['b,m', 'c,m'], strategy: 'round-robin' } }
    const scene = stage({ groups, rules: [{ shadow: true, use: 'g' }] })
    await ask(scene, session('s-1'))
    await ask(scene, session('s-1'))
    const told = scene.lines.filter(({ message }) => message.startsWith('shadow'))
    expect(told.map(({ fields }) => fields['target'])).toEqual(['b,m', 'b,m'])
  })

  test('without prices tells no cost', async () => {
    const scene = stage({ rules: [{ shadow: true, use: 'b,m' }] })
    await ask(scene)
    expect(Object.keys(scene.lines.find(({ message }) => message.startsWith('shadow'))?.fields ?? {})).toEqual([
      'call',
      'target',
      'chosen',
    ])
  })
})

test('a profile is for its client alone', async () => {
  const scene = stage({ profiles: { codex: { Router: { default: 'c,m' } } } })
  expect(await ask(scene, { 'user-agent': 'codex_exec/0.169.0 (Debian)' })).toMatchObject({
    by: 'c',
    reason: 'no other route applies (profile codex)',
  })
  expect((await ask(scene, { 'user-agent': 'opencode/1.0' })).by).toBe('a')
})
