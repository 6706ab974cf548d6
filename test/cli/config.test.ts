import { afterAll, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { starterConfig } from '../../src/config/starter.ts'

const root = mkdtempSync(join(tmpdir(), 'ccr-cli-config-'))
afterAll(() => rmSync(root, { recursive: true }))

const main = join(import.meta.dir, '../../src/main.ts')
const file = join(root, 'ccr/config.json')

function run(args: readonly string[], env: Record<string, string> = {}): { out: string; error: string; code: number } {
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, main, 'config', ...args], {
    env: { PATH: process.env['PATH'], HOME: root, CCR_HOME: join(root, 'ccr'), ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return { out: stdout.toString(), error: stderr.toString(), code: exitCode }
}

function write(text: string): string {
  const path = join(root, 'own.json')
  writeFileSync(path, text)
  chmodSync(path, 0o600)
  return path
}

const providers = `"Providers": [
  { "name": "deepseek", "api_base_url": "https://api.deepseek.com", "api_key": "$DEEPSEEK_API_KEY", "models": ["deepseek-chat", "deepseek-reasoner"],
    "transformer": { "deepseek-reasoner": { "use": ["rovo-cli"] } } },
  { "name": "local", "api_base_url": "http://localhost:1/v1", "models": ["m"] }]`

test('path, init and check are the way from nothing to a config', () => {
  expect(run(['path'])).toEqual({ out: `${file}\n`, error: '', code: 0 })
  expect(run(['check'])).toMatchObject({
    out: expect.stringContaining('there is no config file yet; `ccr config init` writes one'),
    code: 1,
  })
  expect(existsSync(file)).toBeFalse()
  expect(run(['init'])).toMatchObject({ out: expect.stringContaining(`${file}: written`), code: 0 })
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([starterConfig(), 0o600])
  expect(run(['check'])).toMatchObject({
    out: expect.stringContaining('providers: none; `ccr code` asks for one'),
    error: '',
    code: 0,
  })
})

test('init leaves an existing file alone, and says so', () => {
  const own = write('mine')
  expect(run(['init', '--config', own])).toMatchObject({ out: expect.stringContaining('exists already'), code: 1 })
  expect(readFileSync(own, 'utf8')).toBe('mine')
})

test('check says which route goes where, and who has no key', () => {
  const own = write(
    `{${providers}, "Router": {"default": "deepseek,deepseek-chat", "longContext": "local,m", "think": "deepseek,deepseek-reasoner"}}`,
  )
  const { out, code } = run(['check', '--config', own], { DEEPSEEK_API_KEY: 'key-of-deepseek' })
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    `warning: ${own}:3:53: provider \`deepseek\`: the dialect \`rovo-cli\` is not served yet: calls that need it fail`,
    '',
    own,
    'providers:',
    '  deepseek  https://api.deepseek.com/v1 (OpenAI Chat), 2 models, key set',
    '  local     http://localhost:1/v1 (OpenAI Chat), model m, no key',
    'routes:',
    '  default      deepseek,deepseek-chat',
    '  think        deepseek,deepseek-reasoner, fails: rovo-cli not served',
    '  longContext  local,m, above 60000 tokens',
    'listens on 127.0.0.1:3456, no client key',
    '',
  ])
})

test('check prints no key', () => {
  const own = write(`{${providers}, "APIKEY": "planted-1", "Router": {"default": "local,m"}}`)
  const { out } = run(['check', '--config', own], { DEEPSEEK_API_KEY: 'planted-2' })
  expect([out.includes('key set'), /planted/.test(out)]).toEqual([true, false])
})

test('check tells every error with its place, exits with 1 and leaves the file', () => {
  const text = `{\n"PORT": "x",\n"Router": {"default": "nobody,m"},\n"PORT ": 1}`
  const own = write(text)
  expect(run(['check', '--config', own])).toMatchObject({
    out: [
      `error: ${own}:2:9: \`PORT\`: expected a port number from 0 to 65535, found a text`,
      `error: ${own}:3:23: \`Router.default\`: there is no provider \`nobody\`; add it to \`Providers\``,
      `warning: ${own}:4:1: unknown key \`["PORT "]\` is kept, without effect; did you mean \`PORT\`?`,
      '',
      '2 errors: the config cannot be used. The file was not changed.',
      '',
    ].join('\n'),
    code: 1,
  })
  expect(readFileSync(own, 'utf8')).toBe(text)
})

test('check tells keys that stand twice, and a file that others may read', () => {
  const own = write('{"PORT": 1,\n"PORT": 2}')
  chmodSync(own, 0o644)
  const { out } = run(['check', '--config', own])
  expect(out).toContain(`warning: ${own}:2:1: the key \`PORT\` stands here a second time`)
  expect(out).toContain(`chmod 600 ${own}`)
})

test('schema is the JSON Schema of the file', () => {
  expect(JSON.parse(run(['schema']).out)).toMatchObject({
    anyOf: [
      { properties: { Providers: { type: 'array' }, Router: { type: 'object' } } },
      { properties: { endpoints: { type: 'array' }, defaultEndpoint: { type: 'string' } }, required: ['endpoints'] },
    ],
  })
})

test.each([
  [['chek'], /did you mean `check`/],
  [['check', '--confg', 'x'], /did you mean `--config`/],
  [['check', '--config', '/none.json'], /no such file/],
])('`ccr config %s` fails with a word of help', (args, message) => {
  const { out, error, code } = run(args)
  expect([out + error, code]).toEqual([expect.stringMatching(message), 1])
})

test('check says what rules, profiles and presets come to', () => {
  const own = write(`{${providers}, "Router": {"default": "g"},
    "groups": {"g": [{"target": "local,m", "weight": 3}, {"target": "deepseek,deepseek-chat"}]},
    "rules": [
      {"name": "big", "when": {"tokens": {"above": 50000}, "client": ["codex", "claude-code@>=2.1"]}, "use": "g"},
      {"shadow": true, "use": ["local,m", "deepseek,deepseek-chat"]}],
    "profiles": {"codex": {"Router": {"default": "local,m"}}}}`)
  const folder = join(root, 'ccr/presets/work')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'manifest.json'), '{ "name": "work", "Router": { "default": "local,m" } }')
  const { out, code } = run(['check', '--config', own], { DEEPSEEK_API_KEY: 'key-of-deepseek' })
  rmSync(folder, { recursive: true })
  expect(out.split('\n').slice(-8, -2)).toEqual([
    '  default      g: local,m ×3, deepseek,deepseek-chat ×1 (weighted)',
    'rules:',
    '  big  client codex or claude-code@>=2.1, tokens above 50000 → g: local,m ×3, deepseek,deepseek-chat ×1 (weighted)',
    '  #2   (shadow) every request → local,m, then deepseek,deepseek-chat',
    'profiles: codex',
    'presets: /preset/work',
  ])
  expect(code).toBe(0)
})

test('keys that are made at once are all written', async () => {
  const home = join(root, 'keys')
  const makeKey = async (label: string): Promise<number> => {
    const env = { PATH: process.env['PATH'], HOME: home }
    return Bun.spawn([process.execPath, main, 'key', 'add', label], { env, stdout: 'ignore', stderr: 'ignore' }).exited
  }
  const labels = ['a', 'b', 'c', 'd', 'e']
  expect(await Promise.all(labels.map(makeKey))).toEqual(labels.map(() => 0))
  const { keys } = Bun.JSON5.parse(readFileSync(join(home, '.claude-code-router/config.json'), 'utf8')) as {
    readonly keys: readonly { readonly label: string }[]
  }
  expect(keys.map(({ label }) => label).toSorted()).toEqual(labels)
})
