// What keys, limits and routing add to a request together: the same small call through whole gateways whose provider answers at
// once, with and without them. `bun run bench limits [rounds]`; ends with 1 if the medians differ by more than 50 microseconds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOfKey } from '../../src/config/client-keys.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { createGateway } from '../../src/gateway/gateway.ts'
import { bunPorts } from '../../src/platform/bun.ts'
import { openStateStore } from '../../src/store/sqlite.ts'

const LIMIT_US = 50
const rounds = Number(process.argv[2] ?? 4000)
const answer = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 3 },
})
const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello there' }] })
const shared = {
  Providers: [{ name: 'p', api_base_url: 'http://127.0.0.1:1/v1/messages', api_key: 'k', models: ['m'] }],
  Router: { default: 'p,m' },
}
const limits = { requestsPerDay: 1e9, tokensPerDay: 1e12, concurrent: 1000 }
const keys = [{ label: 'a', hash: hashOfKey('client-key'), models: ['m'], limits }]

const folder = mkdtempSync(join(tmpdir(), 'ccr-bench-'))
const log = () => undefined
const store = openStateStore({ file: join(folder, 'state.db'), log, now: Date.now })
if (!store) throw new Error('the bench needs a place for its state')
const setups = {
  without: gatewayOf({ APIKEY: 'client-key' }, false),
  'in memory': gatewayOf({ keys, limits }, false),
  kept: gatewayOf({ keys, limits }, true),
}
const took = new Map(Object.keys(setups).map((name) => [name, [] as number[]]))
// One after the other in each round, so that the machine's moods are shared.
for (let round = 0; round < rounds; round++) {
  for (const [name, gateway] of Object.entries(setups)) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one call at a time is what is measured
    await (await gateway(requestOf())).text()
    if (round >= rounds / 10) took.get(name)?.push((performance.now() - start) * 1000)
  }
}
store.close()
rmSync(folder, { recursive: true })
const base = median('without')
const added = { 'in memory': median('in memory') - base, kept: median('kept') - base }
console.log(`a call without limits: ${base.toFixed(1)} µs`)
for (const [name, us] of Object.entries(added)) console.log(`keys and limits, ${name}: ${us.toFixed(1)} µs more`)
process.exit(Math.max(...Object.values(added)) > LIMIT_US ? 1 : 0)

function gatewayOf(more: object, isKept: boolean) {
  const { config } = resolveConfig({ ...shared, ...more }, {})
  const ports = bunPorts({ log, usage: { record: log }, env: {} })
  const fetch = async () => new Response(answer, { headers: { 'content-type': 'application/json' } })
  return createGateway(config, { ...ports, fetch, ...(isKept && store && { journal: store.journal }) })
}

function requestOf(): Request {
  const headers = { 'content-type': 'application/json', 'x-api-key': 'client-key' }
  return new Request('http://127.0.0.1/v1/messages', { method: 'POST', headers, body })
}

function median(name: string): number {
  const times = (took.get(name) ?? []).toSorted((one, other) => one - other)
  return times[Math.floor(times.length / 2)] ?? 0
}
