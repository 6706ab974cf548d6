import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// A program is started for each of them.
setDefaultTimeout(30_000)

const root = mkdtempSync(join(tmpdir(), 'ccr-explain-'))
const main = join(import.meta.dir, '../../src/main.ts')
afterAll(() => rmSync(root, { recursive: true }))

const config = {
  Providers: [
    { name: 'a', api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'two'] },
    { name: 'b', api_base_url: 'http://127.0.0.1:2/v1', models: ['three'] },
  ],
  Router: { default: 'a,one', think: 'a,two', longContext: 'b,three', longContextThreshold: 50_000 },
  fallback: { default: ['b,three'] },
  groups: { fast: { targets: [{ target: 'a,one', weight: 3 }, { target: 'b,three' }] } },
  profiles: { codex: { Router: { default: 'a,two' } } },
  rules: [
    { name: 'night', when: { time: { from: '22:00', to: '06:00', zone: 'UTC' } }, use: 'b,three' },
    { name: 'fix', when: { prompt: 'fix', client: 'claude-code' }, use: 'fast' },
    { name: 'blue', when: { header: { 'x-team': 'blue' }, project: '/projects' }, use: 'b,three' },
    { name: 'try', shadow: true, when: { tools: 'Bash' }, use: 'b,three' },
  ],
}

beforeAll(() => {
  mkdirSync(join(root, 'ccr'))
  writeFileSync(join(root, 'ccr/config.json'), JSON.stringify(config))
})

function run(args: readonly string[], input = ''): { out: string; error: string; code: number } {
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, main, 'explain', ...args], {
    env: { PATH: process.env['PATH'], HOME: root, CCR_HOME: join(root, 'ccr') },
    stdin: Buffer.from(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return { out: stdout.toString(), error: stderr.toString(), code: exitCode }
}

const noon = ['--time', '2026-01-01T12:00Z']

function chosen(args: readonly string[], input?: string): string {
  const { out, error } = run([...noon, ...args, '--json'], input)
  if (out === '') throw new Error(error)
  const { target, route } = JSON.parse(out) as { target?: string; route?: string }
  return `${target} ${route}`
}

test('it says who is chosen, by which rule, who comes after, and why each of the others is not it', () => {
  const { out, code } = run([
    ...noon,
    '--model',
    'claude-x',
    '--client',
    'claude-code@2.1',
    '--prompt',
    'please fix it',
  ])
  expect(out.split('\n')).toEqual([
    'a,one',
    '  chosen by rule:fix: rule "fix": client "claude-code 2.1", prompt holds it; a,one, because its weight won',
    '  if it fails: b,three',
    '',
    'what does not choose:',
    '  rule:night   time: wanted 22:00–06:00 UTC, found thu 12:00 UTC',
    '  rule:blue    header: wanted x-team "blue", found x-team not sent',
    '  rule:try     tools: wanted "Bash", found none',
    '  explicit     no provider lists "claude-x"',
    '  longContext  the input is about 14 tokens, not more than 50000',
    '  subagent     there is no marker that names a configured model',
    '  think        no more thinking is asked for than agents do by default',
    '',
    'what would choose, but comes later:',
    '  default  a,one: no other route applies',
    '',
    'the request:',
    '  model   claude-x',
    '  client  claude-code 2.1',
    '  tokens  about 14',
    '',
  ])
  expect(code).toBe(0)
})

test('a shadow is told beside who is chosen', () => {
  expect(run([...noon, '--model', 'claude-x', '--tools', 'Read, Bash']).out).toContain(
    'only told, as a shadow:\n  rule:try  b,three: rule "try": tools 2 of them\n',
  )
})

test('a request that would be refused is told as it would be, with exit code 1', () => {
  const { out, code } = run([...noon, '--model', 'gone,x'])
  expect([out.split('\n')[0], code]).toEqual([
    'refused: There is no provider "gone" for the model "gone,x": the configured providers are a, b.',
    1,
  ])
})

test('a client key that may not use who is chosen, or is none, is told', () => {
  const file = join(root, 'keys.json')
  const keys = [{ label: 'guest', hash: 'a'.repeat(64), models: ['a,*'] }]
  writeFileSync(file, JSON.stringify({ ...config, keys }))
  const asked = (...args: string[]) => run([...noon, '--config', file, ...args])
  const allowed = asked('--key', 'guest', '--model', 'claude-x')
  expect([allowed.out.split('\n').slice(0, 3), allowed.code]).toEqual([
    ['a,one', '  chosen by default: no other route applies', ''],
    0,
  ])
  const refused = asked('--key', 'guest', '--model', 'b,three')
  expect([refused.out.split('\n').slice(0, 2), refused.code]).toEqual([
    [
      'refused: the key "guest" may not use b,three, to which the request was routed',
      '  chosen by explicit: the client asks for "b,three"',
    ],
    1,
  ])
  expect(asked('--key', 'gest').error).toContain('note: there is no key `gest` in `keys`')
})

describe('options stand for', () => {
  test.each<[string, string[], string]>([
    ['a model', ['--model', 'b,three'], 'b,three explicit'],
    ['tokens', ['--tokens', '60,000'], 'b,three longContext'],
    ['few tokens', ['--tokens', '40000'], 'a,one default'],
    ['thinking', ['--thinking'], 'a,two think'],
    ['an effort', ['--effort', 'max'], 'a,two think'],
    [
      'headers and a project',
      ['--header', 'X-Other: 1', '--header=X-Team: blue', '--project', '/projects/x'],
      'b,three rule:blue',
    ],
    ['a time', ['--time', '2026-01-01T23:00Z'], 'b,three rule:night'],
    ['a client', ['--client', 'codex/0.1'], 'a,two default'],
  ])('%s', (_name, args, expected) => expect(chosen(args)).toBe(expected))
})

describe('a request is read in every protocol', () => {
  const fix = 'please fix it'
  const rows: [string, string[], unknown][] = [
    [
      'Anthropic Messages',
      [],
      { model: 'claude-x', system: 's', max_tokens: 1, messages: [{ role: 'user', content: fix }] },
    ],
    [
      'OpenAI Chat',
      [],
      {
        model: 'gpt-5',
        messages: [
          { role: 'developer', content: 's' },
          { role: 'user', content: fix },
        ],
      },
    ],
    ['OpenAI Responses', [], { model: 'gpt-5', instructions: 's', input: fix }],
    ['Gemini', ['--model', 'gemini-3'], { contents: [{ role: 'user', parts: [{ text: fix }] }] }],
    ['one that is named', ['--protocol', 'chat'], { model: 'gpt-5', messages: [{ role: 'user', content: fix }] }],
    [
      'one that its path tells',
      [],
      { path: '/v1beta/models/gemini-3:generateContent', body: { contents: [{ parts: [{ text: fix }] }] } },
    ],
  ]
  test.each(rows)('%s', (_name, args, body) => {
    expect(chosen([...args, '--client', 'claude-code', '-'], JSON.stringify(body))).toBe('a,one rule:fix')
  })

  test('with its headers, from a file', () => {
    const file = join(root, 'request.json')
    const headers = { 'User-Agent': 'claude-cli/2.1.330 (external, cli)', Authorization: 'Bearer key-that-is-secret' }
    writeFileSync(file, JSON.stringify({ headers, body: { model: 'x', messages: [{ role: 'user', content: fix }] } }))
    const { out } = run([...noon, file])
    expect(out).toContain('client  claude-code 2.1.330')
    expect(out).not.toContain('key-that-is-secret')
  })
})

test.each(['utf8', 'utf16le'] as const)('a file that Windows wrote as %s is understood', (encoding) => {
  const file = join(root, 'windows.json')
  writeFileSync(file, Buffer.from('\ufeff{"model":"x","messages":[{"role":"user","content":"hi"}]}', encoding))
  expect(run([file])).toMatchObject({ code: 0, error: '' })
})

describe('what cannot be understood is told', () => {
  test.each<[string, string[], string, string]>([
    ['no such file', ['/nowhere.json'], '', '/nowhere.json cannot be read (ENOENT)'],
    ['no JSON', ['-'], '{', 'cannot be read as JSON'],
    ['no request', ['-'], '{"messages": 5}', 'ccr explain: -: '],
    ['no protocol', ['-', '--protocol', 'gemni'], '{}', 'did you mean `gemini`?'],
    ['no time', ['--time', 'noon'], '', '--time needs a date and a time'],
    ['no number', ['--tokens', 'many'], '', '--tokens needs a whole number'],
    ['no header', ['--header', 'x'], '', '--header needs `name: value`'],
    ['no effort', ['--effort', 'hihg'], '', 'did you mean `high`?'],
    ['an unknown option', ['--modle', 'x'], '', 'did you mean `--model`?'],
  ])('%s', (_name, args, input, words) => {
    const { error, code } = run(args, input)
    expect(error).toContain(words)
    expect(code).toBe(1)
  })
})
