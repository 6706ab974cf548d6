import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { json, stream } from '../helper/answer.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream, type Received, type Upstream } from '../helper/upstream.ts'
import { CONFIG, createDesk, readUntil } from '../cli/program.ts'
import { running } from '../cli/service.ts'

const secret = (name: string): string => `sk-planted-${name}-0123456789abcdef`

/** Where each of them is planted stands beside its use below. */
const SECRETS = {
  clientKey: secret('client-key'),
  literalKey: secret('literal-key'),
  envKey: secret('env-key'),
  tokenHeader: secret('token-header'),
  bearerHeader: secret('bearer-header'),
  urlQuery: secret('url-query'),
  proxyPassword: secret('proxy-password'),
  envOpenai: secret('env-openai'),
  envAnthropic: secret('env-anthropic'),
  envProxy: secret('env-proxy'),
  wrongKey: secret('wrong-key'),
  wrongBearer: secret('wrong-bearer'),
  cookie: secret('cookie'),
  clientQuery: secret('client-query'),
  clientHeader: secret('client-header'),
  errorHeader: secret('error-header'),
  errorCookie: secret('error-cookie'),
  location: secret('location'),
  prompt: secret('prompt'),
  answer: secret('answer'),
  brokenJson: secret('broken-json'),
  nextClientKey: secret('next-client-key'),
  nextLiteralKey: secret('next-literal-key'),
  nextTokenHeader: secret('next-token-header'),
  nextProxyPassword: secret('next-proxy-password'),
  keyAsList: secret('key-as-list'),
  keyAsPort: secret('key-as-port'),
  keyAsName: secret('key-as-name'),
  keyUnquoted: secret('key-unquoted'),
  keyInUrl: secret('key-in-url'),
  keyInSocks: secret('key-in-socks'),
}

/** What a config holds that is to stay secret; another set after it has changed. */
const FIRST = {
  client: SECRETS.clientKey,
  literal: SECRETS.literalKey,
  token: SECRETS.tokenHeader,
  proxy: SECRETS.proxyPassword,
}
const NEXT: typeof FIRST = {
  client: SECRETS.nextClientKey,
  literal: SECRETS.nextLiteralKey,
  token: SECRETS.nextTokenHeader,
  proxy: SECRETS.nextProxyPassword,
}

/** Configs that cannot be used, with a secret where it does not belong. */
const BROKEN: readonly string[] = [
  `{ "APIKEY": ["${SECRETS.keyAsList}"] }`,
  `{ "PORT": "${SECRETS.keyAsPort}" }`,
  `{ "Providers": [{ "name": "p", "api_key": ${SECRETS.keyUnquoted} }] }`,
  JSON.stringify({
    Providers: [{ name: 'p', api_base_url: `https://u:${SECRETS.keyInUrl}@p.example/v1`, models: ['m'] }],
  }),
  JSON.stringify({ PROXY_URL: `socks5://u:${SECRETS.keyInSocks}@h:1`, Providers: [], Router: 7 }),
]

/** Providers that repeat what they were sent, in every way in which a call can fail. */
const ANSWERS: Readonly<Record<string, (request: Received) => ReturnType<typeof json>>> = {
  good: (request) => chatAnswer(request, { text: SECRETS.answer }),
  echo: ({ headers }) =>
    json(
      {
        error: {
          message: `wrong key ${headers['authorization']} ${headers['x-token']} ${headers['x-auth']}`,
          code: String(headers['authorization']).replace('Bearer ', ''),
        },
      },
      401,
      {
        'www-authenticate': SECRETS.errorHeader,
        'set-cookie': `id=${SECRETS.errorCookie}`,
      },
    ),
  page: ({ query, headers }) => ({
    ...json({}, 500, { 'content-type': 'text/html' }),
    pieces: [`<html>${query.get('key')} ${headers['authorization']}</html>`],
  }),
  redirect: () => json({}, 307, { location: `http://elsewhere.invalid/?token=${SECRETS.location}` }),
  midway: ({ headers }) =>
    stream([`data: ${JSON.stringify({ error: { message: `no ${headers['authorization']}` } })}\n\n`]),
  malformed: ({ headers }) => ({ ...json({}), pieces: [`{"a": ${headers['authorization']}`] }),
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

test.each([...LEVELS.map((level) => [level, [] as string[]] as const), ['trace', ['--debug']] as const])(
  'thirty planted secrets appear nowhere at the level %s %p, before and after the config has changed',
  async (level, args) => {
    await using desk = await createDesk()
    const gate = Promise.withResolvers<void>()
    await using upstream = await createUpstream((request) => {
      const model = String((request.body as { model?: string })?.model)
      if (model === 'held') return held(request, gate.promise)
      return (ANSWERS[model] ?? (() => json({}, 404)))(request)
    })
    await using proxy = await createUpstream(({ headers }) =>
      json({ error: { message: `no ${headers['proxy-authorization']}` } }, 407),
    )
    const file = await desk.write(CONFIG, configFor(FIRST, level, upstream, proxy))
    const env = {
      PLANTED_KEY: SECRETS.envKey,
      OPENAI_API_KEY: SECRETS.envOpenai,
      ANTHROPIC_API_KEY: SECRETS.envAnthropic,
      HTTPS_PROXY: proxy.url.replace('//', `//u:${SECRETS.envProxy}@`),
    }
    const child = await desk.spawn(['start', '--port', '0', ...args], { env })
    const [out, forErrors] = child.stderr.tee()
    const stderr = new Response(out).text()
    void forErrors.cancel()
    const said = await readUntil(child.stdout, /\n/)
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ''
    const seen: string[] = [said, readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')]
    const statuses = new Map<string, number>()

    const ask = async (model: string, streamed: boolean, more: Record<string, string> = {}, body?: string) => {
      const question = {
        model,
        stream: streamed,
        max_tokens: 9,
        system: SECRETS.prompt,
        messages: [{ role: 'user', content: SECRETS.prompt }],
      }
      const response = await fetch(`${url}/v1/messages?api_key=${SECRETS.clientQuery}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-api-key': SECRETS.clientKey,
          cookie: SECRETS.cookie,
          'x-secret': SECRETS.clientHeader,
          ...more,
        },
        body: body ?? JSON.stringify(question),
      })
      const text = await response.text()
      statuses.set(`${model} ${streamed}`, response.status)
      // What the model said is the client's, and what came up is said back to nobody.
      seen.push(text.replaceAll(SECRETS.answer, ''), JSON.stringify([...response.headers]))
    }
    const askAll = async (more: Record<string, string>): Promise<void> => {
      statuses.clear()
      for (const target of TARGETS) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, for a log that can be read
        await ask(target, false, more)
        // oxlint-disable-next-line no-await-in-loop
        await ask(target, true, more)
      }
      expect(statuses.get('literal,good false')).toBe(200)
      expect(statuses.get('literal,echo false')).toBe(401)
      expect(statuses.get('gone,m true')).toBe(502)
    }
    /** Saves a config and waits until what is told of it changes. */
    const save = async (text: string): Promise<void> => {
      const look = async () => JSON.stringify((await running(desk))[0]?.config)
      const before = await look()
      await writeFile(file, text)
      const deadline = performance.now() + 10_000
      while ((await look()) === before) {
        if (performance.now() > deadline) throw new Error('the service did not look at its config for 10 s')
        await Bun.sleep(20)
      }
      const shown = await Promise.all(
        [['status'], ['status', '--json'], ['config', 'check']].map((told) => desk.ccr(told, { env })),
      )
      for (const { stdout, stderr: errors } of shown) seen.push(stdout, errors)
    }

    await askAll({})
    await ask('wrong key', false, { 'x-api-key': SECRETS.wrongKey, authorization: `Bearer ${SECRETS.wrongBearer}` })
    expect(statuses.get('wrong key false')).toBe(401)
    await ask('broken', false, {}, `{"model": "${SECRETS.brokenJson}", "messages": ${SECRETS.brokenJson}}`)
    await ask('foreign', false, { origin: `http://${SECRETS.clientHeader}.example` })

    // A call that goes on over the change, and fails with the old key.
    const over = ask('literal,held', true)
    for (const text of BROKEN) {
      // oxlint-disable-next-line no-await-in-loop
      await save(text)
    }
    await save(JSON.stringify(configFor(NEXT, level, upstream, proxy)))
    gate.resolve()
    await over
    await askAll({ 'x-api-key': SECRETS.nextClientKey })
    await ask('old key', false)
    expect(statuses.get('old key false')).toBe(401)

    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    seen.push(await stderr)
    const logs = [...new Bun.Glob('**/*').scanSync({ cwd: `${desk.home}/.claude-code-router`, dot: true })].filter(
      (name) => name !== 'config.json',
    )
    for (const name of logs) seen.push(readFileSync(`${desk.home}/.claude-code-router/${name}`, 'utf8'))

    const everything = seen.join('\n')
    expect(everything).toContain('a socks5 proxy cannot be used')
    expect(logs.some((name) => name.endsWith('.log'))).toBe(level !== 'fatal' && level !== 'error')
    expect(Object.values(SECRETS).length).toBeGreaterThanOrEqual(30)
    const found = Object.entries(SECRETS).filter(([, text]) => everything.includes(text))
    const places = found.map(
      ([name, text]) =>
        `${name}: …${everything.slice(Math.max(0, everything.indexOf(text) - 200), everything.indexOf(text))}`,
    )
    expect(places).toEqual([])
  },
  30_000,
)

const MODELS = Object.keys(ANSWERS)
const TARGETS = [
  ...MODELS.flatMap((model) => [`literal,${model}`, `env,${model}`]),
  'proxied,m',
  'envproxied,m',
  'gone,m',
]

/** A stream that waits, and then fails with the key that it was asked with. */
function held({ headers }: Received, gate: Promise<void>): ReturnType<typeof stream> {
  const begun = { choices: [{ index: 0, delta: { role: 'assistant', content: 'begun' } }] }
  const failed = { error: { message: `no ${headers['authorization']} ${headers['x-token']}` } }
  const frames = [begun, failed].map((data) => `data: ${JSON.stringify(data)}\n\n`)
  return stream([frames[0] as string, { until: gate }, frames[1] as string])
}

function configFor(keys: typeof FIRST, level: string, upstream: Upstream, proxy: Upstream): object {
  return {
    LOG: true,
    LOG_LEVEL: level,
    retry: { pause: 1 },
    APIKEY: keys.client,
    Providers: [
      {
        name: 'literal',
        api_base_url: `${upstream.url}/v1/chat/completions?key=${SECRETS.urlQuery}`,
        api_key: keys.literal,
        headers: { 'X-Token': keys.token, 'X-Auth': `Bearer ${SECRETS.bearerHeader}` },
        models: [...MODELS, 'held'],
      },
      { name: 'env', api_base_url: `${upstream.url}/v1`, api_key: '$PLANTED_KEY', models: MODELS },
      {
        name: 'proxied',
        api_base_url: 'http://cloud.invalid/v1',
        api_key: keys.literal,
        proxy: proxy.url.replace('//', `//u:${keys.proxy}@`),
        models: ['m'],
      },
      { name: 'envproxied', api_base_url: 'https://cloud.invalid/v1', api_key: keys.literal, models: ['m'] },
      {
        name: 'gone',
        api_base_url: `http://127.0.0.1:1/v1?key=${SECRETS.urlQuery}`,
        api_key: keys.literal,
        models: ['m'],
      },
    ],
    Router: { default: 'literal,good' },
  }
}

test('a user name and password in a URL are refused without being repeated', async () => {
  await using desk = await createDesk()
  await desk.write(CONFIG, {
    Providers: [{ name: 'p', api_base_url: `https://user:${SECRETS.literalKey}@p.example/v1`, models: ['m'] }],
    PROXY_URL: `socks5://u:${SECRETS.proxyPassword}@h:1`,
  })
  const { code, stdout, stderr } = await desk.ccr(['start', '--port', '0'])
  expect(code).toBe(1)
  expect(stderr).toContain('is not sent')
  expect(stdout + stderr).not.toContain('planted')
})
