import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { json, stream } from '../helper/answer.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'
import { CONFIG, createDesk, readUntil } from '../cli/program.ts'

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
}

/** Providers that repeat what they were sent, in every way in which a call can fail. */
const ANSWERS: Readonly<Record<string, (request: Received) => ReturnType<typeof json>>> = {
  good: (request) => chatAnswer(request, { text: SECRETS.answer }),
  echo: ({ headers }) =>
    json(
      {
        error: {
          message: `wrong key ${headers['authorization']} ${headers['x-token']} ${headers['x-auth']}`,
          code: SECRETS.literalKey,
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

test('twenty planted secrets appear nowhere at the most verbose level', async () => {
  await using desk = await createDesk()
  await using upstream = await createUpstream((request) =>
    (ANSWERS[String((request.body as { model?: string })?.model)] ?? (() => json({}, 404)))(request),
  )
  await using proxy = await createUpstream(({ headers }) =>
    json({ error: { message: `no ${headers['proxy-authorization']}` } }, 407),
  )
  const models = Object.keys(ANSWERS)
  await desk.write(CONFIG, {
    LOG: true,
    LOG_LEVEL: 'trace',
    retry: { pause: 1 },
    APIKEY: SECRETS.clientKey,
    Providers: [
      {
        name: 'literal',
        api_base_url: `${upstream.url}/v1/chat/completions?key=${SECRETS.urlQuery}`,
        api_key: SECRETS.literalKey,
        headers: { 'X-Token': SECRETS.tokenHeader, 'X-Auth': `Bearer ${SECRETS.bearerHeader}` },
        models,
      },
      { name: 'env', api_base_url: `${upstream.url}/v1`, api_key: '$PLANTED_KEY', models },
      {
        name: 'proxied',
        api_base_url: 'http://cloud.invalid/v1',
        api_key: SECRETS.literalKey,
        proxy: proxy.url.replace('//', `//u:${SECRETS.proxyPassword}@`),
        models: ['m'],
      },
      { name: 'envproxied', api_base_url: 'https://cloud.invalid/v1', api_key: SECRETS.literalKey, models: ['m'] },
      {
        name: 'gone',
        api_base_url: `http://127.0.0.1:1/v1?key=${SECRETS.urlQuery}`,
        api_key: SECRETS.literalKey,
        models: ['m'],
      },
    ],
    Router: { default: 'literal,good' },
  })
  const env = {
    PLANTED_KEY: SECRETS.envKey,
    OPENAI_API_KEY: SECRETS.envOpenai,
    ANTHROPIC_API_KEY: SECRETS.envAnthropic,
    HTTPS_PROXY: proxy.url.replace('//', `//u:${SECRETS.envProxy}@`),
  }
  const child = await desk.spawn(['start', '--port', '0', '--debug'], { env })
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
    seen.push(
      model.endsWith('good') ? text.replaceAll(SECRETS.answer, '') : text,
      JSON.stringify([...response.headers]),
    )
  }
  const targets = [
    ...models.flatMap((model) => [`literal,${model}`, `env,${model}`]),
    'proxied,m',
    'envproxied,m',
    'gone,m',
  ]
  for (const target of targets) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for a log that can be read
    await ask(target, false)
    // oxlint-disable-next-line no-await-in-loop
    await ask(target, true)
  }
  await ask('wrong key', false, { 'x-api-key': SECRETS.wrongKey, authorization: `Bearer ${SECRETS.wrongBearer}` })
  await ask('broken', false, {}, `{"model": "${SECRETS.brokenJson}", "messages": ${SECRETS.brokenJson}}`)
  await ask('foreign', false, { origin: `http://${SECRETS.clientHeader}.example` })
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  seen.push(await stderr)
  const logs = [...new Bun.Glob('**/*').scanSync({ cwd: `${desk.home}/.claude-code-router`, dot: true })].filter(
    (name) => name !== 'config.json',
  )
  for (const name of logs) seen.push(readFileSync(`${desk.home}/.claude-code-router/${name}`, 'utf8'))

  const everything = seen.join('\n')
  expect(statuses.get('literal,good false')).toBe(200)
  expect(statuses.get('literal,echo false')).toBe(401)
  expect(statuses.get('gone,m true')).toBe(502)
  expect(statuses.get('wrong key false')).toBe(401)
  expect(logs.some((name) => name.endsWith('.log'))).toBe(true)
  expect(Object.values(SECRETS).length).toBeGreaterThanOrEqual(20)
  const found = Object.entries(SECRETS).filter(([, text]) => everything.includes(text))
  const places = found.map(
    ([name, text]) =>
      `${name}: …${everything.slice(Math.max(0, everything.indexOf(text) - 200), everything.indexOf(text))}`,
  )
  expect(places).toEqual([])
}, 20_000)

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
