// 100 streams at once through the executable, with clients that go away, clients that read slowly and providers that fail in many
// ways: prints the router's memory by the minute, compares what client, log, record and provider know of each call, and counts what
// is open at the end.
// `bun run bench soak [minutes]`; ends with 1 if memory grows after minute 2, a call is lost or told twice, or a handle stays open.
import { join } from 'node:path'
import { CONFIG, createDesk, readUntil } from '../cli/program.ts'
import { running } from '../cli/service.ts'
import { executable } from '../client/agent.ts'
import { account } from './soak/account.ts'
import { caseOf } from './soak/case.ts'
import { play, type Played } from './soak/client.ts'
import { establishedOf, handlesOf, memoryOf, processorTimeOf } from './soak/process.ts'
import { createProvider } from './soak/provider.ts'

const STREAMS = 100
const SAMPLE_MS = 2000
/** What memory may gain once all is warm. */
const MOST_GROWTH = 0.05

const minutes = Number(process.argv[2] ?? 10)
const provider = createProvider()
await using desk = await createDesk()
const row = (name: string, path: string, use: readonly string[] = []) => ({
  name,
  api_base_url: `${provider.url}/${name}/v1/${path}`,
  api_key: 'lab-key-1',
  models: ['m'],
  transformer: { use },
})
await desk.write(CONFIG, {
  LOG: true,
  LOG_LEVEL: 'info',
  Providers: [
    row('chat', 'chat/completions'),
    row('messages', 'messages', ['Anthropic']),
    row('other', 'chat/completions'),
  ],
  Router: { default: 'chat,m' },
  fallback: { default: ['other,m'] },
  breaker: { rest: 2000 },
  // Never reached, but counted: each call is reserved, settled and kept.
  limits: { requestsPerDay: 1_000_000, concurrent: 1000 },
})
const child = Bun.spawn([await executable(), 'start', '--port', '0'], {
  cwd: desk.work,
  env: desk.env,
  stdin: 'ignore',
  stdout: 'pipe',
  stderr: 'pipe',
})
void tellStrange(child.stderr)
const url = /http:\/\/\S+:\d+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
const played = new Map<string, Played>()
let calls = 0
const sockets = (await settledHandles()).get('socket') ?? 0
console.log(`at rest: ${memoryOf(child.pid).toFixed(1)} MiB`)
// What the first call opens stays: the log, and what Bun asks providers with.
await playNext()
const handlesBefore = (await settledHandles()).set('socket', sockets)
const end = performance.now() + minutes * 60_000
const clients = Array.from({ length: STREAMS }, async (_, index) => {
  // Not all in step.
  await Bun.sleep(index * 50)
  while (performance.now() < end) await playNext()
})
const medians = await watchMemory()
await Promise.all(clients)
await untilQuiet()

// Records are written some moments later.
await Bun.sleep(1000)
const { discrepancies, counts } = account({
  calls,
  played,
  seen: provider.seen,
  home: join(desk.root, CONFIG, '..'),
  counted: (await running(desk))[0]?.calls ?? 0,
})
const problems = [...growth(medians), ...discrepancies]
// Connections that are kept alive end with their other side.
await provider.stop()
const handlesAfter = await settledHandles(handlesBefore)
for (const [kind, count] of handlesAfter) {
  const more = count - (handlesBefore.get(kind) ?? 0)
  if (more > 0) problems.push(`${more} more handles than before are open: ${kind}`)
}
const established = establishedOf(child.pid)
if (established > 0) problems.push(`${established} connections are still established`)
const [memoryAfter, processorTime] = [memoryOf(child.pid), processorTimeOf(child.pid)]
child.kill('SIGTERM')
if ((await child.exited) !== 0) problems.push(`the router ended with ${child.exitCode}`)

console.log(
  `${problems.length} problems in ${calls} calls${problems.length === 0 ? ': each is known once to client, log, record and provider' : ''}`,
)
for (const problem of problems.slice(0, 50)) console.log(`  ${problem}`)
console.log(
  Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .toSorted()
    .join('\n'),
)
console.log(
  `open at the end: ${describe(handlesAfter)}; before: ${describe(handlesBefore)}; established: ${established}`,
)
console.log(`at rest again: ${memoryAfter.toFixed(1)} MiB; processor time ${processorTime} s`)
process.exitCode = problems.length === 0 ? 0 : 1

/** What the router has open, when that changes no more; or, at most some seconds later, when it is as little as `wanted`. */
async function settledHandles(wanted?: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  const deadline = performance.now() + 5000
  for (;;) {
    const before = describe(handlesOf(child.pid))
    await Bun.sleep(250)
    const handles = handlesOf(child.pid)
    const isSettled = wanted
      ? (handles.get('socket') ?? 0) <= (wanted.get('socket') ?? 0)
      : describe(handles) === before
    if (isSettled || performance.now() > deadline) return handles
  }
}

async function playNext(): Promise<void> {
  const one = caseOf(calls++)
  played.set(one.id, await play(url, provider, one))
}

/** Prints what the router says on its terminal besides what its log holds. */
async function tellStrange(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  let rest = ''
  for await (const piece of stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!/^(?:warn|ccr): /.test(line)) console.log(line)
  }
}

/** Prints the median of each minute, and gives them. */
async function watchMemory(): Promise<number[]> {
  const found: number[] = []
  for (let minute = 1; minute <= minutes; minute++) {
    const samples: number[] = []
    const until = end - (minutes - minute) * 60_000
    while (performance.now() < until) {
      await Bun.sleep(SAMPLE_MS)
      samples.push(memoryOf(child.pid))
    }
    samples.sort((one, other) => one - other)
    const median = samples[Math.floor(samples.length / 2)] ?? Number.NaN
    found.push(median)
    const handles = [...handlesOf(child.pid).values()].reduce((sum, count) => sum + count, 0)
    console.log(
      `minute ${minute}: ${median.toFixed(1)} MiB (${samples[0]?.toFixed(1)} to ${samples.at(-1)?.toFixed(1)}), ${calls} calls, ${handles} handles, ${processorTimeOf(child.pid)} s of processor time`,
    )
  }
  return found
}

/**
 * Compares the later half of the minutes from the second on with the earlier one. Single minutes differ by what is under way,
 * so it grows only if it grows by more than three standard errors of that.
 */
function growth(byMinute: readonly number[]): string[] {
  const warm = byMinute.slice(1)
  if (warm.length < 4) return []
  const half = Math.ceil(warm.length / 2)
  const [earlier, later] = [warm.slice(0, half), warm.slice(half)]
  const change = meanOf(later) / meanOf(earlier) - 1
  const noise = (3 * Math.hypot(errorOf(earlier), errorOf(later))) / meanOf(earlier)
  const said = `of the minutes from the second on, the later half takes ${percent(change)} more memory than the earlier`
  console.log(`${said} (at most ${percent(Math.max(MOST_GROWTH, noise))}; noise ${percent(noise)})`)
  return change > Math.max(MOST_GROWTH, noise) ? [said] : []
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length
}

/** The standard error of their mean. */
function errorOf(numbers: readonly number[]): number {
  const mean = meanOf(numbers)
  const squares = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0)
  return Math.sqrt(squares / (numbers.length - 1) / numbers.length)
}

async function untilQuiet(): Promise<void> {
  const deadline = performance.now() + 15_000
  while (provider.running() > 0 || ((await running(desk))[0]?.running ?? 0) > 0) {
    if (performance.now() > deadline) return console.log(`${provider.running()} answers of the provider go on`)
    await Bun.sleep(100)
  }
}

function describe(handles: ReadonlyMap<string, number>): string {
  return [...handles].map(([kind, count]) => `${count} ${kind}`).join(', ')
}
