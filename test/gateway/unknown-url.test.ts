import { expect, test } from 'bun:test'
import { testGateway } from '../helper/gateway.ts'

const { gateway } = testGateway({ providers: [] })

test.each([
  ['OpenAI', {}, { error: { type: 'invalid_request_error', code: 'unknown_url', param: null } }],
  ['Anthropic', { 'anthropic-version': '2023-06-01' }, { type: 'error', error: { type: 'not_found_error' } }],
  ['Google', { 'x-goog-api-key': 'k' }, { error: { code: 404, status: 'NOT_FOUND' } }],
])('a URL that there is not is told in the words of %s', async (_, headers, told) => {
  for (const path of ['/v1/audio/speech', '/preset/nobodys/v1/files']) {
    const response = await gateway(new Request(`http://127.0.0.1${path}`, { method: 'POST', headers }))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject(told)
  }
})

test('a model that there is not is still one', async () => {
  const response = await gateway(new Request('http://127.0.0.1/v1/models/nobodys'))
  expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } })
})
