import { describe, expect, test } from 'bun:test'
import { json } from '../../helper/answer.ts'
import { post } from '../../helper/gateway.ts'
import { anthropicAnswer } from '../../helper/turn-anthropic.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { configWith, plugged } from './plugged.ts'

const code = `module.exports = class {
  name = 'ask'
  endPoint = '/ask/:team'
  constructor(options) { this.options = options }
  async transformRequestOut(body, { req }) {
    if (!body.question) throw Object.assign(new Error('no question'), { status: 422 })
    return { model: body.model, max_tokens: 500, stream: body.stream, reasoning: { effort: 'high' },
      messages: [{ role: 'user', content: body.question + req.url }] }
  }
  async transformResponseIn(response) {
    if (!response.headers.get('content-type').includes('event-stream')) {
      const { choices: [{ message }], usage } = await response.json()
      return Response.json({ answer: message.content, thought: message.thinking?.content, tokens: usage.completion_tokens })
    }
    let rest = ''
    const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({
      transform(text, controller) {
        const all = (rest + text).split('\\n'); rest = all.pop()
        for (const line of all) {
          if (!line.startsWith('data: {')) continue
          const delta = JSON.parse(line.slice(6)).choices[0]?.delta ?? {}
          if (delta.thinking) controller.enqueue('?' + delta.thinking.content)
          if (delta.content) controller.enqueue('!' + delta.content)
        }
      } }))
    return new Response(lines.pipeThrough(new TextEncoderStream()), { headers: { 'content-type': 'text/plain' } })
  }
  async auth(body, provider) { return { body, config: { headers: { 'x-own': provider.apiKey, authorization: undefined } } } }
}`

const files = { 'ask.js': code }
const turn = { reasoning: 'Hm.', text: 'Yes.' }

describe('an endpoint that a transformer brings', () => {
  test.each([true, false])('is served for a provider of any protocol (stream: %p)', async (isStream) => {
    await using upstream = await createUpstream((request) => anthropicAnswer(request, turn))
    using scene = await plugged(
      configWith(`${upstream.url}/v1/messages`, [], { transformers: [{ path: 'ask.js' }] }),
      files,
    )
    expect(scene.problems).toEqual([])
    const response = await scene.gateway(
      post('/ask/red?x=1', { model: 'mock,mock-model', question: 'Why? ', stream: isStream }),
    )
    const told = await response.text()
    if (isStream) expect(told).toMatch(/^(\?[^!]+)+(![^?]+)+$/)
    else expect(JSON.parse(told)).toMatchObject({ answer: 'Yes.', thought: 'Hm.', tokens: expect.any(Number) })
    expect(upstream.requests[0]?.text).toContain('Why? /ask/red?x=1')
    expect(scene.calls).toHaveLength(1)
  })

  test('wants the client key before any code of the user runs', async () => {
    using scene = await plugged(
      configWith('http://127.0.0.1:9/v1', [], { transformers: [{ path: 'ask.js' }], APIKEY: 'client-key-1' }),
      files,
    )
    const body = { model: 'mock,mock-model' }
    expect((await scene.gateway(post('/ask/red', body))).status).toBe(401)
    const shown = await scene.gateway(post('/ask/red', body, { headers: { 'x-api-key': 'client-key-1' } }))
    expect(shown.status).toBe(422)
    expect(await shown.json()).toMatchObject({
      error: { message: expect.stringMatching(/the transformer ask failed in transformRequestOut: no question/) },
    })
  })

  test('hands what it got on to a provider that uses nothing else, with its own credentials', async () => {
    await using upstream = await createUpstream(() => json({ said: 'as it is' }))
    using scene = await plugged(
      configWith(`${upstream.url}/own/path`, ['ask'], { transformers: [{ path: 'ask.js' }] }),
      files,
    )
    const response = await scene.gateway(post('/ask/red', { model: 'mock,mock-model', question: 'Why?', odd: 1 }))
    expect(await response.json()).toEqual({ said: 'as it is' })
    const [sent] = upstream.requests
    expect(sent).toMatchObject({
      path: '/own/path',
      headers: { 'x-own': 'key-of-mock-1' },
      body: { model: 'mock-model', question: 'Why?', odd: 1 },
    })
    expect(sent?.headers).not.toHaveProperty('authorization')
  })

  test.each([
    ['another path', '/ask/red/deep', 404],
    ['no JSON', '/ask/red', 400],
  ])('%s', async (_name, path, status) => {
    using scene = await plugged(configWith('http://127.0.0.1:9/v1', [], { transformers: [{ path: 'ask.js' }] }), files)
    const response = await scene.gateway(post(path, '{'))
    expect(response.status).toBe(status)
    expect(await response.json()).toHaveProperty('error')
  })

  test('does not stand before the router’s own, which is told', async () => {
    await using upstream = await createUpstream((request) => anthropicAnswer(request, turn))
    using scene = await plugged(configWith(`${upstream.url}/v1/messages`, [], { transformers: [{ path: 'ask.js' }] }), {
      'ask.js': code.replace('/ask/:team', '/v1/messages'),
    })
    expect(scene.problems).toEqual([
      expect.stringContaining('`ask` has the endPoint /v1/messages, which the router serves itself'),
    ])
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi.' }] }
    expect(await (await scene.gateway(post('/v1/messages', body))).json()).toMatchObject({ type: 'message' })
  })
})
