import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { answerTurn } from '../helper/answer-turn.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, createDesk, installClaude, startedWith } from './program.ts'

const call = `call() { curl -s --noproxy '*' -o /dev/null -w '%{http_code} ' -H "authorization: Bearer $1" -H "x-api-key: $2" \\
  -H 'content-type: application/json' -d "{\\"model\\":\\"$3\\",\\"max_tokens\\":9,\\"messages\\":[{\\"role\\":\\"user\\",\\"content\\":\\"hi\\"}]}" \\
  "$ANTHROPIC_BASE_URL/v1/messages"; }`

test('ccr code serves a config with endpoints: the model goes on as it is, a key is brought as ccr:', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'hello', usage: USAGE }))
  await using desk = await createDesk()
  await desk.write(CONFIG, {
    endpoints: [
      { name: 'anthropic', type: 'anthropic', apiKey: 'your-anthropic-api-key', baseUrl: `${upstream.url}/v1` },
      { name: 'glm', type: 'custom', apiKey: 'k3y-of-glm-0001', baseUrl: `${upstream.url}/glm/v1` },
    ],
    defaultEndpoint: 'anthropic',
  })
  const key = '"$ANTHROPIC_AUTH_TOKEN"'
  await installClaude(
    desk,
    `${call}; call ${key} ccr:sk-ant-own-key-1 claude-x; call ${key} '' claude-x; call ${key} ccr:sk-ant-own-key-1 glm,glm-x; call wrong ccr:sk-ant-own-key-1 claude-x`,
  )
  const ended = await desk.ccr(['code'], { env: { ANTHROPIC_API_KEY: 'sk-ant-of-the-environment' } })
  expect(ended.stdout).toBe('200 401 200 401 ')
  const asked = upstream.requests.map(({ path, headers, text }) => [
    path,
    headers['x-api-key'] ?? headers['authorization'],
    JSON.parse(text).model,
  ])
  expect(asked).toEqual([
    ['/v1/messages', 'sk-ant-own-key-1', 'claude-x'],
    ['/glm/v1/chat/completions', 'Bearer k3y-of-glm-0001', 'glm-x'],
  ])
  expect((await startedWith(desk)).env).not.toHaveProperty('ANTHROPIC_API_KEY')
})

test('ccr code hands the ANTHROPIC_API_KEY of its user over only where the config passes it on', async () => {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'hello', usage: USAGE }))
  await using desk = await createDesk()
  const own = { name: 'anthropic', type: 'anthropic', auth: 'passthrough', baseUrl: `${upstream.url}/v1` }
  const other = { name: 'other', type: 'custom', baseUrl: `${upstream.url}/v1` }
  await desk.write(CONFIG, { endpoints: [own, other], defaultEndpoint: 'anthropic' })
  const key = '"$ANTHROPIC_AUTH_TOKEN"'
  await installClaude(desk, `${call}; call ${key} '' claude-x; call ${key} '' other,m`)
  const ended = await desk.ccr(['code'], { env: { ANTHROPIC_API_KEY: 'sk-ant-of-the-environment' } })
  expect(ended.stdout).toBe('200 200 ')
  expect(upstream.requests.map(({ headers }) => headers['x-api-key'] ?? headers['authorization'])).toEqual([
    'sk-ant-of-the-environment',
    undefined,
  ])
  expect((await startedWith(desk)).env).not.toHaveProperty('ANTHROPIC_API_KEY')
})

test('ccr config init --endpoints writes the form with endpoints, and check says what it does', async () => {
  await using desk = await createDesk()
  expect((await desk.ccr(['config', 'init', '--endpoints'])).code).toBe(0)
  const env = { ANTHROPIC_API_KEY: 'k3y-of-a-0001' }
  const { stdout, code } = await desk.ccr(['config', 'check'], { env })
  expect(code).toBe(0)
  expect(stdout).toBe(`${join(desk.root, CONFIG)}
providers:
  anthropic  https://api.anthropic.com/v1 (Anthropic Messages), any model, key set
routes:
  default      anthropic, with the model that the client names; \`endpoint,model\` names another
listens on 127.0.0.1:3000, no client key
`)
})

test('ccr config check says how long answers are kept, and who takes what from clients', async () => {
  await using desk = await createDesk()
  const endpoints = [{ name: 'anthropic', type: 'anthropic', auth: 'passthrough' }]
  await desk.write(CONFIG, { endpoints, cache: { enabled: true, ttl: 1 } }, 0o600)
  const { stdout } = await desk.ccr(['config', 'check'])
  expect(stdout).toContain("any model, no key, takes a client's `ccr:` key, passes a client's own login on")
  expect(stdout).toContain('answers are kept for 1 s')
})
