import { describe, expect, test } from 'bun:test'
import type { Ports } from '../../src/platform/ports.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'

const provider = (name: string) => ({
  ...testProvider(`http://${name}.test`, 'anthropic-messages'),
  name,
  models: ['m'],
})
const routesTo = (name: string) => ({
  targets: { default: { provider: name, model: 'm' } },
  longContextThreshold: 60_000,
})

const fetch: Ports['fetch'] = (url) =>
  Promise.resolve(
    Response.json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: new URL(url).hostname }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
  )

const presets = {
  work: { providers: [provider('work')], routes: routesTo('work') },
  'my preset': { providers: [provider('spaced')], routes: routesTo('spaced') },
}
const stage = (apiKey?: string) =>
  testGateway(
    { providers: [provider('main')], routes: routesTo('main'), presets, ...(apiKey !== undefined && { apiKey }) },
    { fetch },
  )
const body = { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }

async function ask(path: string, headers: Record<string, string> = {}, apiKey?: string): Promise<string> {
  const response = await stage(apiKey).gateway(post(path, body, { headers }))
  const said = (await response.json()) as { content?: { text: string }[]; type?: string; error?: { message: string } }
  return said.content?.[0]?.text ?? `${response.status} ${said.type} ${said.error?.message}`
}

describe('below /preset/<name> are the providers and routes of that preset', () => {
  test.each([
    ['/v1/messages', 'main.test'],
    ['/preset/work/v1/messages', 'work.test'],
    ['/preset/work/messages?beta=true', 'work.test'],
    ['//preset//work//v1/messages', 'work.test'],
    ['/preset/my%20preset/v1/messages', 'spaced.test'],
  ])('%s', async (path, expected) => expect(await ask(path)).toBe(expected))

  test('an unknown one is told in the protocol of the client', async () => {
    expect(await ask('/preset/other/v1/messages')).toBe(
      '404 error there is no preset "other": the presets are work, my preset',
    )
    expect(await ask('/preset/constructor/v1/messages')).toContain('404 error')
    expect(await ask('/preset/%/v1/messages')).toContain('404 error')
  })

  test('the client key is the same', async () => {
    expect(await ask('/preset/work/v1/messages', {}, 'secret')).toContain('401 error')
    expect(await ask('/preset/work/v1/messages', { 'x-api-key': 'secret' }, 'secret')).toBe('work.test')
  })

  test('models are listed, and nothing else of the main routes is', async () => {
    const response = await stage().gateway(new Request('http://127.0.0.1/preset/work/v1/models'))
    const { data } = (await response.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['work,m'])
  })
})
