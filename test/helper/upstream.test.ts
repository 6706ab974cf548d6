import { expect, test } from 'bun:test'

import { hangUp, json, paced, raw, split, stopAfter, stream } from './answer.ts'
import { answerTurn } from './answer-turn.ts'
import { USAGE } from './turn.ts'
import { createUpstream } from './upstream.ts'

const post = (url: string, body: unknown, init: RequestInit = {}) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), proxy: false, ...init } as RequestInit)

test('a request is recorded with its path, query, headers and parsed body', async () => {
  await using upstream = await createUpstream(() => json({ ok: true }))
  await post(`${upstream.url}/v1/messages?beta=true`, { model: 'm' }, { headers: { 'X-Key': 'k' } })
  const request = upstream.requests[0]
  expect(request).toMatchObject({ method: 'POST', path: '/v1/messages', body: { model: 'm' } })
  expect(request?.query.get('beta')).toBe('true')
  expect(request?.headers['x-key']).toBe('k')
  expect(await request?.settled).toBe('answered')
})

test('an error keeps its status and headers', async () => {
  await using upstream = await createUpstream(() => json({ error: 'slow down' }, 429, { 'retry-after': '7' }))
  const response = await post(upstream.url, {})
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
})

test('a script that throws is told in a 500 that says why', async () => {
  await using upstream = await createUpstream(() => {
    throw new Error('no such episode')
  })
  const response = await post(upstream.url, {})
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('no such episode')
})

test('the same connection serves one request after the other', async () => {
  await using upstream = await createUpstream(({ serial }) => json({ serial }))
  expect(await (await post(upstream.url, {})).json()).toEqual({ serial: 0 })
  expect(await (await post(upstream.url, {})).json()).toEqual({ serial: 1 })
  expect(upstream.connections()).toBe(1)
})

test.each([1, 3, 7])('a stream that is split into %d-byte chunks carries the same bytes', async (size) => {
  const whole = stream(['data: grüß\n\n', { pauseMs: 1 }, 'data: 🙂\n\n'])
  await using upstream = await createUpstream(() => split(whole, size))
  expect(await (await post(upstream.url, {})).text()).toBe('data: grüß\n\ndata: 🙂\n\n')
})

test.each(['cut', 'reset'] as const)('a stream that ends in a %s fails at the caller', async (how) => {
  await using upstream = await createUpstream(() => stopAfter(stream(['data: 1\n\n', 'data: 2\n\n']), 1, how))
  const read = post(upstream.url, {}).then((response) => response.text())
  await expect(read).rejects.toThrow()
})

test('a whole answer that is cut keeps the length that it promised', async () => {
  await using upstream = await createUpstream(() => stopAfter(split(json({ long: 'answer' }), 4), 2))
  const response = await post(upstream.url, {})
  expect(response.headers.get('content-length')).toBe('17')
  await expect(response.text()).rejects.toThrow()
})

test('a connection can be closed without an answer', async () => {
  await using upstream = await createUpstream(() => hangUp())
  await expect(post(upstream.url, {}, { keepalive: false })).rejects.toThrow()
})

test('raw bytes are the response itself', async () => {
  await using upstream = await createUpstream(() => raw('HTTP/1.1 204 Nothing\r\nx-a: 1\r\n\r\n'))
  const response = await post(upstream.url, {})
  expect([response.status, response.headers.get('x-a')]).toEqual([204, '1'])
})

test('a caller that goes away in mid-stream is seen at once, and the script is let go', async () => {
  await using upstream = await createUpstream(() => stream(['data: 1\n\n', { until: new Promise(() => {}) }]))
  const caller = new AbortController()
  const response = await post(upstream.url, {}, { signal: caller.signal })
  await response.body?.getReader().read()
  const left = performance.now()
  caller.abort()
  const request = await upstream.request()
  expect(await request.settled).toBe('aborted')
  expect((request.abortedAt ?? Infinity) - left).toBeLessThan(100)
})

test('the time between tokens is kept', async () => {
  await using upstream = await createUpstream(() => paced(stream(['data: 1\n\n', 'data: 2\n\n']), 20))
  await (await post(upstream.url, {})).text()
  const request = await upstream.request()
  expect((request.answeredAt ?? 0) - request.receivedAt).toBeGreaterThanOrEqual(35)
})

const TURN = { reasoning: 'Hm.', text: 'Grüße 🙂', calls: [{ name: 'Bash', input: { command: 'ls' } }] }

test.each(['/v1/messages', '/v1/chat/completions'])('%s answers a turn streamed or whole as asked', async (path) => {
  await using upstream = await createUpstream((request) => answerTurn(request, TURN))
  const whole = await post(upstream.url + path, { model: 'm' })
  expect(whole.headers.get('content-type')).toBe('application/json')
  const streamed = await post(upstream.url + path, { model: 'm', stream: true })
  expect(streamed.headers.get('content-type')).toContain('text/event-stream')
  expect(await streamed.text()).toContain('Bash')
})

test('Gemini is asked for a stream by the path', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, TURN))
  const ask = (method: string) => post(`${upstream.url}/v1beta/models/m:${method}`, { contents: [] })
  const whole = await ask('generateContent')
  expect(await whole.json()).toMatchObject({ modelVersion: 'm', candidates: [{ finishReason: 'STOP' }] })
  const streamed = await (await ask('streamGenerateContent?alt=sse')).text()
  expect(streamed.split('"finishReason"')).toHaveLength(2)
})

test('Chat streams usage only when it is asked for', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, TURN))
  const ask = async (extra: object) =>
    (await post(`${upstream.url}/v1/chat/completions`, { model: 'm', stream: true, ...extra })).text()
  expect(await ask({})).not.toContain('usage')
  const asked = await ask({ stream_options: { include_usage: true } })
  expect(asked).toContain(`"prompt_tokens":${USAGE.input + USAGE.cacheRead + USAGE.cacheWrite}`)
})
