import { expect, test } from 'bun:test'
import { json } from '../helper/answer.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk } from './program.ts'
import { ask, startService } from './service.ts'

test('status tells what is left alone, why and for how long', async () => {
  await using desk = await createDesk()
  await using upstream = await createUpstream(({ serial }) =>
    serial === 0
      ? json({ error: { message: 'slow down' } }, 429, { 'retry-after': '120' })
      : json({ error: { message: 'failed' } }, 500),
  )
  await desk.write(CONFIG, configOf(upstream.url, { retry: false, breaker: { failures: 1, rest: 60_000 } }))
  await using service = await startService(desk)
  expect((await ask(service.url)).status).toBe(429)
  const { stdout } = await desk.ccr(['status'])
  expect(stdout).toMatch(/\n {2}lab: key … at lab-model is left alone for [12] min \(rate-limit\)\n/)
  expect(JSON.parse((await desk.ccr(['status', '--json'])).stdout)).toMatchObject([
    { resting: [{ provider: 'lab', state: 'open', why: 'rate-limit' }] },
  ])
})
