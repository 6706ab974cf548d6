import type Anthropic from '@anthropic-ai/sdk'
import { defineCommand } from 'citty'
import type { Config } from '../config/config.ts'
import { resolveConfig } from '../config/resolve.ts'
import { createMemoryStore } from '../store/memory.ts'
import { judgeFirst, judgeSecond } from './demo/judge.ts'
import { MODEL, QUESTION, TOOL, TOOL_RESULT } from './demo/script.ts'
import { startUpstream } from './demo/upstream.ts'
import { type Router, startRouter } from './router.ts'
import { version } from './version.ts'

/** `ccr demo`: a conversation with a tool call through the whole pipeline, with a provider that lives in this executable. */
export const demo = defineCommand({
  meta: {
    name: 'demo',
    description: 'Show a whole conversation with a built-in provider: no key, no network, no agent',
  },
  async run() {
    const upstream = startUpstream()
    const config = demoConfig(upstream.url)
    const router = await startRouter({ config, host: '127.0.0.1', port: 0, log: () => {}, usage: createMemoryStore() })
    try {
      return await converse(config, router, upstream.url)
    } finally {
      await router.stop(0)
      await upstream.stop()
    }
  },
})

function demoConfig(url: string): Config {
  const written = {
    Providers: [{ name: 'demo', api_base_url: `${url}/v1`, api_key: `demo-${crypto.randomUUID()}`, models: [MODEL] }],
    Router: { default: `demo,${MODEL}` },
    APIKEY: `demo-${crypto.randomUUID()}`,
  }
  return { ...resolveConfig(written, {}).config, file: '', exists: false, warnings: [] }
}

async function converse(config: Config, router: Router, upstreamUrl: string): Promise<number> {
  const paint = painter()
  const { Anthropic } = await import('@anthropic-ai/sdk')
  const client = new Anthropic({
    baseURL: router.url,
    apiKey: config.apiKey ?? '',
    authToken: null,
    maxRetries: 0,
    timeout: 30_000,
    fetch: directFetch,
  })
  console.log(`ccr ${version} demo: no key, no network, no agent\n`)
  console.log(paint('dim', `  client    Anthropic Messages → ${router.url}`))
  console.log(paint('dim', `  provider  OpenAI Chat        → ${upstreamUrl} (built in)\n`))
  console.log(`${paint('bold', 'you  ')}  ${QUESTION}`)

  const problems: string[] = []
  try {
    problems.push(...(await hold(client, paint)))
  } catch (error) {
    problems.push(`the call failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  for (const problem of problems) console.error(`${paint('red', 'wrong')}  ${problem}`)
  if (problems.length > 0) return 1
  console.log(`${paint('green', 'All of it was right')}: text, tool arguments, stop reasons, tokens. Next: ccr code`)
  return 0
}

/** Holds the conversation and shows it; gives what was wrong with it. */
async function hold(client: Anthropic, paint: Paint): Promise<string[]> {
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }]
  const first = await ask(client, messages, paint)
  const call = first.message.content.find((block) => block.type === 'tool_use')
  console.log(
    `${paint('bold', 'tool ')}  ${call ? `${call.name} ${JSON.stringify(call.input)} → ${TOOL_RESULT}` : 'was not called'}`,
  )
  const problems = judgeFirst(first.message, first.words)
  if (!call) return problems

  const result = { type: 'tool_result' as const, tool_use_id: call.id, content: TOOL_RESULT }
  messages.push({ role: 'assistant', content: first.message.content }, { role: 'user', content: [result] })
  const second = await ask(client, messages, paint)
  console.log(`\n${describe('call 1', first)}\n${describe('call 2', second)}\n`)
  const routes = [first, second].map(({ route }) => route).filter((route) => route !== `demo,${MODEL}`)
  return [
    ...problems,
    ...judgeSecond(second.message, second.words),
    ...routes.map((route) => `the route: expected demo,${MODEL}, found ${route}`),
  ]
}

interface Exchange {
  readonly message: Anthropic.Message
  /** In how many pieces the text came. */
  readonly words: number
  readonly firstMs: number
  readonly totalMs: number
  readonly route: string
  readonly reason: string
}

async function ask(client: Anthropic, messages: readonly Anthropic.MessageParam[], paint: Paint): Promise<Exchange> {
  const started = performance.now()
  let [words, firstMs] = [0, 0]
  const stream = client.messages.stream({
    model: 'claude-demo',
    max_tokens: 1024,
    tools: [TOOL],
    messages: [...messages],
  })
  process.stdout.write(`${paint('bold', 'model')}  `)
  stream.on('text', (text) => {
    if (words++ === 0) firstMs = performance.now() - started
    process.stdout.write(text)
  })
  try {
    const { response } = await stream.withResponse()
    const message = await stream.finalMessage()
    const header = (name: string): string => response.headers.get(name) ?? 'not told'
    const route = { route: header('x-ccr-model'), reason: `${header('x-ccr-route')}: ${header('x-ccr-reason')}` }
    return { message, words, firstMs, totalMs: performance.now() - started, ...route }
  } finally {
    process.stdout.write('\n')
  }
}

function describe(name: string, { message, firstMs, totalMs, route, reason }: Exchange): string {
  const { input_tokens: input, cache_read_input_tokens: cached, output_tokens: output } = message.usage
  const tokens = `${input + (cached ?? 0)} tokens in${cached ? ` (${cached} from cache)` : ''}, ${output} out`
  return `${name}  ${route} (${reason}) · ${tokens} · first word ${firstMs.toFixed(0)} ms, end ${totalMs.toFixed(0)} ms`
}

/** Loopback must not go through a proxy of the environment. */
const directFetch = ((url: string | URL | Request, init?: RequestInit) =>
  fetch(url, { ...init, proxy: false } as unknown as RequestInit)) as typeof fetch

type Paint = (style: keyof typeof styles, text: string) => string

const styles = { bold: '1', dim: '2', red: '31', green: '32' }

function painter(): Paint {
  const isPlain = !process.stdout.isTTY || Boolean(process.env['NO_COLOR']) || process.env['TERM'] === 'dumb'
  return (style, text) => (isPlain ? text : `\u001b[${styles[style]}m${text}\u001b[0m`)
}
