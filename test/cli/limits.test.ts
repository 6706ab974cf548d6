import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { insertAfter } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { createUpstream } from '../helper/upstream.ts'
import { createDesk } from './program.ts'
import { ask, kill, startService } from './service.ts'

const MINUTE = 60_000

test(
  'a service that is killed in the midst of calls has counted every one of them, and nothing stands in the way of the next',
  async () => {
    const never = Promise.withResolvers<void>()
    let holds = false
    await using upstream = await createUpstream((request) => {
      const answer = answerTurn(request, { text: 'hello' })
      return holds ? insertAfter(answer, 0, { until: never.promise }) : answer
    })
    await using desk = await createDesk()
    await desk.write('home/.claude-code-router/config.json', {
      Providers: [{ name: 'p', api_base_url: `${upstream.url}/v1/messages`, api_key: 'k', models: ['m'] }],
      Router: { default: 'p,m' },
      limits: { requestsPerDay: 40, concurrent: 6 },
    })
    const statuses = (url: string, count: number) =>
      Promise.all(Array.from({ length: count }, () => ask(url).then((response) => response.status)))
    {
      await using service = await startService(desk)
      for (let round = 0; round < 2; round++) expect(await statuses(service.url, 5)).toEqual(Array(5).fill(200))
      holds = true
      const lost = Array.from({ length: 6 }, () => ask(service.url).catch(() => 'lost'))
      await upstream.request(16)
      expect(await statuses(service.url, 1)).toEqual([429])
      await kill(service.pid)
      expect(await Promise.all(lost)).toEqual(Array(6).fill('lost'))
    }
    holds = false
    await using service = await startService(desk)
    const after: number[] = []
    for (let round = 0; round < 10; round++) after.push(...(await statuses(service.url, 4)))
    expect(after.filter((status) => status === 200).length).toBe(40 - 10 - 6)
    expect(statSync(join(desk.home, '.claude-code-router', 'state', 'state.db')).mode & 0o777).toBe(0o600)
  },
  MINUTE,
)

test(
  'without limits there is no database',
  async () => {
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'hello' }))
    await using desk = await createDesk()
    await desk.write('home/.claude-code-router/config.json', {
      Providers: [{ name: 'p', api_base_url: `${upstream.url}/v1/messages`, api_key: 'k', models: ['m'] }],
      Router: { default: 'p,m' },
    })
    await using service = await startService(desk)
    expect((await ask(service.url)).status).toBe(200)
    expect(() => statSync(join(desk.home, '.claude-code-router', 'state', 'state.db'))).toThrow()
  },
  MINUTE,
)
