import { expect, test } from 'bun:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import { json, silence } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const names = ['a', 'b', 'c']

test.each([['round-robin'], ['least-busy'], ['weighted']])(
  'pains #27: %s spreads 20 sessions over 3 targets, each stays at its own through 200 requests, and moves once when that fails',
  async (strategy) => {
    const failing = new Set<string>()
    await using upstream = await createUpstream((request) => {
      const name = request.path.split('/')[1] ?? ''
      return failing.has(name)
        ? json({ type: 'error', error: { type: 'authentication_error', message: 'no' } }, 401)
        : answerTurn(request, { text: 'Hi' })
    })
    const { config } = resolveConfig(
      {
        Providers: names.map((name) => ({ name, api_base_url: `${upstream.url}/${name}/v1/messages`, models: ['m'] })),
        Router: { default: 'a,m' },
        groups: { g: { strategy, targets: names.map((name) => `${name},m`) } },
        rules: [{ use: 'g' }],
      },
      {},
    )
    const { gateway } = testGateway(config)
    const ask = async (session: number): Promise<string> => {
      const body = { model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }
      const headers = { 'x-claude-code-session-id': `session-${session}` }
      const response = await gateway(post('/v1/messages', body, { headers }))
      await response.text()
      expect(response.status).toBe(200)
      return response.headers.get('x-ccr-model') ?? ''
    }
    const at = new Map<number, string[]>()
    const round = async (): Promise<void> => {
      for (let session = 0; session < 20; session++) {
        // oxlint-disable-next-line no-await-in-loop -- one call after the other
        const model = await ask(session)
        const before = at.get(session) ?? []
        if (before.at(-1) !== model) at.set(session, [...before, model])
      }
    }
    for (let count = 0; count < 5; count++) await round()
    expect([...at.values()].every((seen) => seen.length === 1)).toBe(true)
    const shares = names.map((name) => [...at.values()].filter(([first]) => first === `${name},m`).length)
    if (strategy === 'round-robin') expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)

    const first = new Map(at)
    failing.add('a')
    for (let count = 0; count < 3; count++) await round()
    failing.clear()
    for (let count = 0; count < 2; count++) await round()
    for (const [session, seen] of at) expect(seen.length).toBe(first.get(session)?.[0] === 'a,m' ? 2 : 1)
  },
)

test('pains #27: who is only slower than a rival keeps his session', async () => {
  const slow = new Set<string>()
  await using upstream = await createUpstream((request) =>
    slow.has(request.path.split('/')[1] ?? '') ? silence() : answerTurn(request, { text: 'Hi' }),
  )
  const { config } = resolveConfig(
    {
      Providers: names.map((name) => ({ name, api_base_url: `${upstream.url}/${name}/v1/messages`, models: ['m'] })),
      Router: { default: 'a,m' },
      groups: { g: { strategy: 'round-robin', targets: names.map((name) => `${name},m`) } },
      rules: [{ use: 'g', hedge: { after: 20 } }],
    },
    {},
  )
  const { gateway } = testGateway(config)
  const ask = async (): Promise<string | null> => {
    const body = { model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }
    const response = await gateway(post('/v1/messages', body, { headers: { 'x-claude-code-session-id': 'session-1' } }))
    await response.text()
    return response.headers.get('x-ccr-model')
  }
  expect(await ask()).toBe('a,m')
  slow.add('a')
  expect(await ask()).not.toBe('a,m')
  slow.clear()
  expect(await ask()).toBe('a,m')
})
