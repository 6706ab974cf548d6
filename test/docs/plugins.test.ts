import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configWith, plugged } from '../gateway/plugin/plugged.ts'
import { json, stream } from '../helper/answer.ts'
import { post } from '../helper/gateway.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/plugins.md'), 'utf8')

/** The examples of the page, by the name in their first line. */
const examples = Object.fromEntries(
  [...page.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => [name, code]),
)

const ask = { model: 'claude-x', max_tokens: 99, messages: [{ role: 'user', content: 'Hi.' }] }

test('the page has its examples', () => {
  expect(Object.keys(examples)).toEqual(['house-style.mjs', 'discreet.mjs', 'reviews.mjs', 'router.cjs'])
})

describe('house-style.mjs', () => {
  const choices = (field: string) => [
    { index: 0, [field]: { role: 'assistant', content: 'Yes.', musings: 'Hm.' }, finish_reason: 'stop' },
  ]
  const body = (field: string) => ({ id: 'c', model: 'm', choices: choices(field) })

  test.each([true, false])('its field is sent, and its thoughts are told (stream: %p)', async (isStream) => {
    await using upstream = await createUpstream(() =>
      isStream ? stream([`data: ${JSON.stringify(body('delta'))}\n\n`, 'data: [DONE]\n\n']) : json(body('message')),
    )
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, [['house', { tenant: 'blue' }]], { plugins: [{ path: 'house-style.mjs' }] }),
      examples,
    )
    expect(scene.problems).toEqual([])
    const response = await scene.gateway(post('/v1/messages', { ...ask, stream: isStream }))
    const told = await response.text()
    expect(upstream.requests[0]?.body).toMatchObject({ tenant: 'blue' })
    expect(told).toContain('"thinking":"Hm."')
    expect(told).toContain('Yes.')
  })

  test('a client of the same protocol gets it, too: the call leaves the relay', async () => {
    await using upstream = await createUpstream(() => json(body('message')))
    using scene = await plugged(
      configWith(`${upstream.url}/v1`, ['house'], { plugins: [{ path: 'house-style.mjs' }] }),
      examples,
    )
    const response = await scene.gateway(post('/v1/chat/completions', ask))
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: 'Yes.', reasoning_content: 'Hm.' } }],
    })
    expect(upstream.requests[0]?.body).toMatchObject({ tenant: 'default' })
  })
})

describe('discreet.mjs', () => {
  const config = (url: string) =>
    configWith(`${url}/v1`, [], { plugins: [{ path: 'discreet.mjs', options: { refuse: ['secret-model'] } }] })

  test('addresses do not leave', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Ok.' }))
    using scene = await plugged(config(upstream.url), examples)
    const messages = [{ role: 'user', content: 'Write to ann.b+c@example.co.uk now.' }]
    expect((await scene.gateway(post('/v1/messages', { ...ask, messages }))).status).toBe(200)
    expect(upstream.requests[0]?.body).toMatchObject({
      messages: [{ role: 'user', content: 'Write to [address] now.' }],
    })
    expect(scene.problems).toEqual([])
  })

  test('a refusal reaches the client with its status and in its protocol', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Ok.' }))
    using scene = await plugged(config(upstream.url), examples)
    const response = await scene.gateway(post('/v1/messages', { ...ask, model: 'secret-model' }))
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: {
        type: 'permission_error',
        message: expect.stringMatching(/the plugin discreet.*secret-model is not for everybody/),
      },
    })
    expect(upstream.requests).toEqual([])
  })
})

describe('reviews.mjs and router.cjs', () => {
  test.each([
    ['Please review this.', 'mock,mock-model', 'custom'],
    ['Please review this. '.repeat(200), 'mock,long', 'custom'],
    ['Hello.', 'mock,other', 'default'],
  ])('a route by what is asked', async (content, model, route) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Ok.' }))
    const options = { model: 'mock,mock-model', long: 'mock,long', above: 500 }
    using scene = await plugged(
      configWith(
        `${upstream.url}/v1`,
        [],
        { plugins: [{ path: 'reviews.mjs', options }], Router: { default: 'mock,other' } },
        { models: ['mock-model', 'long', 'other'] },
      ),
      examples,
    )
    const { headers } = await scene.gateway(post('/v1/messages', { ...ask, messages: [{ role: 'user', content }] }))
    expect([headers.get('x-ccr-model'), headers.get('x-ccr-route')]).toEqual([model, route])
  })

  test.each([
    ['A quick one.', 'openrouter,z-ai/glm-4.6'],
    ['A slow one.', 'openrouter,other'],
  ])('a custom router: %s', async (content, model) => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'Ok.' }))
    using scene = await plugged(
      configWith(
        `${upstream.url}/v1`,
        [],
        { CUSTOM_ROUTER_PATH: 'router.cjs', Router: { default: 'openrouter,other' } },
        { name: 'openrouter', models: ['z-ai/glm-4.6', 'other'] },
      ),
      examples,
    )
    const { headers } = await scene.gateway(post('/v1/messages', { ...ask, messages: [{ role: 'user', content }] }))
    expect(headers.get('x-ccr-model')).toBe(model)
  })
})
