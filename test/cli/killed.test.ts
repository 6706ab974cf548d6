import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { answerTurn } from '../helper/answer-turn.ts'
import { insertAfter } from '../helper/answer.ts'
import { createUpstream, type Upstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk, type Desk } from './program.ts'
import { kill, startService } from './service.ts'

const ROUNDS = 6
const CLIENTS = 20
/** What has ended is written within 100 ms; the rest is for a busy machine, whose timers are late. */
const WRITTEN_WITHIN_MS = 400
const SHORTEST_MS = 600
const LONGEST_MS = 1400

/** One call, as its client knows it. */
interface Asked {
  readonly id: string
  /** When its answer was whole. Absent: it never was. */
  endedAt?: number
}

test('a service that is killed at any moment has lost nothing that ended before its last moments, and starts again', async () => {
  await using desk = await createDesk()
  const limits = { requestsPerDay: 1_000_000, tokensPerDay: 1_000_000_000, concurrent: CLIENTS }
  const asked: Asked[] = []
  await using upstream = await createUpstream((request) => {
    const answer = answerTurn(request, { text: 'one two three' })
    return insertAfter(answer, 2, { pauseMs: Math.random() * 60 })
  })
  await desk.write(CONFIG, configOf(upstream.url, { limits }))
  let port = 0
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await startService(desk, ['--port', String(port)])
    port = service.port
    const first = asked.length
    const pauseMs = SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS)
    const leaving = new AbortController()
    // As many at once as there may be: what the killed one held would keep them out.
    const clients = Array.from({ length: CLIENTS }, () => callOn(service.url, asked, leaving.signal))
    await Promise.race([Bun.sleep(pauseMs), Promise.all(clients)])
    const killedAt = performance.now()
    await kill(service.pid)
    leaving.abort()
    await Promise.all(clients)
    compare(desk, asked, upstream, { first, killedAt, when: `killed after ${Math.round(pauseMs)} ms` })
  }
  // Who starts next knows what the killed ones had begun, and nothing is held any more.
  await using next = await startService(desk, ['--port', String(port)])
  expect(next.port).toBe(port)
  const { spent, holds } = stateOf(desk)
  expect(holds).toEqual([])
  expect(spent).toBeGreaterThanOrEqual(upstream.requests.length)
  expect(spent).toBeLessThanOrEqual(asked.length)
}, 60_000)

/** One call after the other until the service is gone; none is refused. */
async function callOn(url: string, asked: Asked[], signal: AbortSignal): Promise<void> {
  for (;;) {
    const call: Asked = { id: `call-${asked.length}` }
    asked.push(call)
    let status: number
    let text: string
    try {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-claude-code-session-id': call.id },
        body: JSON.stringify({
          model: 'm',
          max_tokens: 9,
          stream: true,
          messages: [{ role: 'user', content: call.id }],
        }),
        keepalive: false,
        signal,
      })
      status = response.status
      text = await response.text()
    } catch {
      return
    }
    expect([call.id, status, text.includes('event: message_stop') || text]).toEqual([call.id, 200, true])
    call.endedAt = performance.now()
  }
}

/** Compares what is kept with what clients and provider know; the killed service had the calls from the `first` one on. */
function compare(
  desk: Desk,
  asked: readonly Asked[],
  upstream: Upstream,
  { first, killedAt, when }: { readonly first: number; readonly killedAt: number; readonly when: string },
): void {
  const { spent, holds, records } = stateOf(desk)
  const recorded = new Set(records)
  expect(recorded.size, when).toBe(records.length)
  const ended = asked.slice(first).filter(({ endedAt }) => endedAt !== undefined)
  expect(ended.length, when).toBeGreaterThan(0)
  const lost = ended.filter(({ id, endedAt = 0 }) => endedAt < killedAt - WRITTEN_WITHIN_MS && !recorded.has(id))
  expect(lost, when).toEqual([])
  // Nobody is asked before it is written that he is; nothing is counted that was not begun.
  expect(spent + holds.length, when).toBeGreaterThanOrEqual(upstream.requests.length)
  expect(spent + holds.length, when).toBeLessThanOrEqual(asked.length)
}

function stateOf(desk: Desk) {
  using database = new Database(join(desk.root, CONFIG, '..', 'state', 'state.db'), { readonly: true })
  expect(database.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  const rows = database.query<{ record: string }, []>('SELECT record FROM call').all()
  const spent = database.query<{ sum: number | null }, []>('SELECT sum(requests) AS sum FROM spend').get()?.sum ?? 0
  return {
    spent,
    holds: database.query<{ id: string }, []>('SELECT id FROM hold').all(),
    records: rows.map(({ record }) => (JSON.parse(record) as { readonly session: string }).session),
  }
}
