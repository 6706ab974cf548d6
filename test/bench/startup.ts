// How fast the executable starts, beside an empty compiled Bun program and the least that a Bun router can do. Runs alternate, so that
// a busy machine slows all of them down alike; medians are compared. `bun run bench [rounds]`; ends with 1 if a bar is missed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { executable } from '../client/agent.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { anthropicAnswer } from '../helper/turn-anthropic.ts'
import { createUpstream } from '../helper/upstream.ts'

/** How long one start takes, in milliseconds. */
type Measure = () => Promise<number>

interface Bar {
  readonly name: string
  readonly measure: Measure
  readonly against: string
  /** The median may be at most so many times that of `against`. */
  readonly limit: number
}

/** The least that a Bun router can do. */
const passThrough = `
const upstream = process.argv[2]
const { port } = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    const answer = await fetch(upstream + pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: await request.arrayBuffer(),
      signal: request.signal,
    })
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': 'application/json' } })
  },
})
console.log('http://127.0.0.1:' + port)
`

const rounds = Number(process.argv[2] ?? 30)
const root = await mkdtemp(join(tmpdir(), 'ccr-bench-'))
const ccr = await executable()
const upstream = await createUpstream((request) =>
  request.path.endsWith('/messages') ? anthropicAnswer(request, { text: 'hi' }) : chatAnswer(request, { text: 'hi' }),
)

try {
  const empty = await compile('empty', 'export {}')
  const pass = await compile('pass', passThrough)
  const configs = { translated: await config('chat', []), relayed: await config('messages', ['Anthropic']) }
  const baselines: Readonly<Record<string, Measure>> = {
    'an empty program': runs([empty]),
    'bun pass.ts': answers(() => [process.execPath, `${pass}.ts`, upstream.url]),
    'pass.ts, compiled': answers(() => [pass, upstream.url]),
  }
  const bars: Bar[] = [
    { name: 'ccr --version', measure: runs([ccr, '--version']), against: 'an empty program', limit: 2 },
    { name: 'ccr help', measure: runs([ccr, 'help']), against: 'an empty program', limit: 4 },
    { name: 'ccr config path', measure: runs([ccr, 'config', 'path']), against: 'an empty program', limit: 4 },
    { name: 'ccr config check', measure: runs([ccr, 'config', 'check']), against: 'an empty program', limit: 4 },
    { name: 'ccr status', measure: runs([ccr, 'status']), against: 'an empty program', limit: 4 },
    { name: 'first message, relayed', measure: starts(configs.relayed), against: 'bun pass.ts', limit: 2.5 },
    { name: 'first message, translated', measure: starts(configs.translated), against: 'bun pass.ts', limit: 2.5 },
  ]
  process.exitCode = report(
    bars,
    await alternate({ ...baselines, ...Object.fromEntries(bars.map(({ name, measure }) => [name, measure])) }),
  )
} finally {
  await upstream.close()
  await rm(root, { recursive: true })
}

async function alternate(measures: Readonly<Record<string, Measure>>): Promise<Map<string, number>> {
  const times = new Map(Object.keys(measures).map((name) => [name, [] as number[]]))
  for (let round = -1; round < rounds; round++) {
    const order = Object.entries(measures)
    if (round % 2 === 0) order.reverse()
    for (const [name, measure] of order) {
      const time = await measure()
      // The first round only warms the disk cache up.
      if (round >= 0) times.get(name)?.push(time)
    }
  }
  return new Map([...times].map(([name, each]) => [name, median(each)]))
}

function report(bars: readonly Bar[], medians: ReadonlyMap<string, number>): number {
  const time = (name: string): number => medians.get(name) ?? Number.NaN
  for (const [name, ms] of medians)
    if (!bars.some((bar) => bar.name === name)) console.log(`${name.padEnd(28)} ${ms.toFixed(1)} ms`)
  const missed = bars.filter(({ name, against, limit }) => !(time(name) <= limit * time(against)))
  for (const bar of bars) {
    const ratio = time(bar.name) / time(bar.against)
    const verdict = missed.includes(bar) ? 'MISSED' : 'ok'
    console.log(
      `${bar.name.padEnd(28)} ${time(bar.name).toFixed(1)} ms = ${ratio.toFixed(2)} × ${bar.against} (at most ${bar.limit}): ${verdict}`,
    )
  }
  return missed.length === 0 ? 0 : 1
}

/** From the start to the end of a program. */
function runs(command: readonly string[]): Measure {
  return async () => {
    const started = performance.now()
    const child = Bun.spawn([...command], {
      cwd: root,
      env: { HOME: root },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    await child.exited
    return performance.now() - started
  }
}

function starts(file: string): Measure {
  return answers(() => [ccr, 'start', '--config', file, '--port', '0'])
}

/** From the start of a server, which prints its address, to the end of its first answer. */
function answers(command: () => readonly string[]): Measure {
  return async () => {
    const started = performance.now()
    const child = Bun.spawn([...command()], {
      cwd: root,
      env: { HOME: root },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    try {
      const { value } = await child.stdout.getReader().read()
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(new TextDecoder().decode(value))?.[0]
      const answer = await ask(url ?? 'no address')
      if (!answer.includes('"hi"')) throw new Error(`${command().join(' ')} answered: ${answer}`)
      return performance.now() - started
    } finally {
      child.kill('SIGKILL')
      await child.exited
    }
  }
}

async function ask(url: string): Promise<string> {
  const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, keepalive: false, proxy: false }
  return (await fetch(`${url}/v1/messages`, init as unknown as RequestInit)).text()
}

async function compile(name: string, source: string): Promise<string> {
  const entry = join(root, `${name}.ts`)
  await writeFile(entry, source)
  const flags = [
    '--compile',
    '--production',
    '--minify',
    '--bytecode',
    '--format=esm',
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
  ]
  const built = Bun.spawnSync([process.execPath, 'build', ...flags, entry, '--outfile', join(root, name)])
  if (built.exitCode !== 0) throw new Error(built.stderr.toString())
  return join(root, name)
}

async function config(path: 'chat' | 'messages', dialects: readonly string[]): Promise<string> {
  const file = join(root, `${path}.json`)
  const url = `${upstream.url}/v1/${path === 'chat' ? 'chat/completions' : 'messages'}`
  const provider = {
    name: 'lab',
    api_base_url: url,
    api_key: 'lab-key-1',
    models: ['m'],
    transformer: { use: dialects },
  }
  await writeFile(file, JSON.stringify({ LOG: false, Providers: [provider], Router: { default: 'lab,m' } }))
  return file
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
