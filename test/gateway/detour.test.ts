import { describe, expect, test } from 'bun:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import { json, raw, type Answer } from '../helper/answer.ts'
import { post, testGateway } from '../helper/gateway.ts'
import { createUpstream } from '../helper/upstream.ts'

const chat: Answer = json({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'by chat' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const body = { model: 'ollama,some-model', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }

/** An Ollama that answers by path; a client of Anthropic's asks it `times` over. */
async function asked(answers: Readonly<Record<string, Answer>>, times = 1) {
  await using upstream = await createUpstream(({ path }) => answers[path] ?? json('404 page not found', 404))
  const { config } = resolveConfig({ Providers: [{ name: 'ollama', origin: upstream.url }] }, {})
  const { gateway, lines } = testGateway({ providers: config.providers, routes: config.routes })
  const told: string[] = []
  for (let count = 0; count < times; count++) {
    const response = await gateway(post('/v1/messages', body))
    told.push(`${response.status} ${await response.text()}`)
  }
  return {
    told,
    paths: upstream.requests.map(({ path }) => path),
    warnings: lines.filter(({ level }) => level === 'warn'),
  }
}

test('an endpoint that is not there is not asked again where another answers', async () => {
  const { told, paths, warnings } = await asked({ '/v1/chat/completions': chat }, 2)
  for (const answer of told) expect(answer).toMatch(/^200 .*by chat/)
  expect(paths).toEqual(['/v1/messages', '/v1/chat/completions', '/v1/chat/completions'])
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^ollama has no anthropic-messages at 127\.0\.0\.1:\d+\/v1: some-model is asked in another protocol$/,
    ),
  ])
})

test.each([
  ['a page', raw('HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\n<h1>404</')],
  ['a method that is not allowed', json({ detail: 'Method Not Allowed' }, 405)],
])('so is one that answers with %s', async (_what, answer) => {
  const { told } = await asked({ '/v1/messages': answer, '/v1/chat/completions': chat })
  expect(told[0]).toMatch(/^200 /)
})

test.each([
  [
    'a model that is not there',
    json({ type: 'error', error: { type: 'not_found_error', message: 'model "some-model" not found' } }, 404),
  ],
  ['a wrong key', json({ error: { message: 'no' } }, 401)],
  ['a broken server', json({ error: { message: 'oops' } }, 400)],
])('%s is no reason to ask in another protocol', async (_what, answer) => {
  const { told, paths } = await asked({ '/v1/messages': answer, '/v1/chat/completions': chat })
  expect(told[0]).not.toMatch(/^200 /)
  expect(paths).toEqual(['/v1/messages'])
})

test('where the other does not answer either, the first refusal is told, and nothing is remembered', async () => {
  const { told, paths } = await asked({ '/v1/chat/completions': json({ error: { message: 'no access' } }, 403) }, 2)
  for (const answer of told) expect(answer).toMatch(/^404 .*404 page not found/)
  expect(paths).toEqual(['/v1/messages', '/v1/chat/completions', '/v1/messages', '/v1/chat/completions'])
})

describe('a client whose tools are its own', () => {
  const own = { type: 'custom', name: 'apply_patch', description: 'patches', format: { type: 'text' } }
  const plain = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }
  const refusal = json({ error: { message: "tools[0].type: expected 'function'", type: 'invalid_request_error' } }, 400)

  async function responding(answers: Readonly<Record<string, Answer>>, ...tools: readonly object[]) {
    await using upstream = await createUpstream(({ path }) => answers[path] ?? json('404 page not found', 404))
    const { config } = resolveConfig(
      { Providers: [{ name: 'groq', origin: upstream.url, api_key: 'k3y-of-a-test' }] },
      {},
    )
    const { gateway } = testGateway({ providers: config.providers, routes: config.routes })
    const statuses: number[] = []
    for (const tool of tools) {
      const response = await gateway(post('/v1/responses', { model: 'groq,m', input: 'hi', tools: [tool] }))
      statuses.push(response.status)
      await response.text()
    }
    return { statuses, paths: upstream.requests.map(({ path }) => path.replace('/openai/v1', '')) }
  }

  test('is asked in another protocol where they are refused, and only then', async () => {
    const { statuses, paths } = await responding(
      { '/openai/v1/responses': refusal, '/openai/v1/chat/completions': chat },
      own,
      own,
      plain,
    )
    expect(statuses).toEqual([200, 200, 400])
    expect(paths).toEqual(['/responses', '/chat/completions', '/chat/completions', '/responses'])
  })

  test('is told what else was wrong', async () => {
    const wrong = json({ error: { message: 'input: expected a list', type: 'invalid_request_error' } }, 400)
    const { statuses, paths } = await responding(
      { '/openai/v1/responses': wrong, '/openai/v1/chat/completions': chat },
      own,
    )
    expect(statuses).toEqual([400])
    expect(paths).toEqual(['/responses'])
  })
})
