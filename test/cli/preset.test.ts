import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'ccr-preset-'))))
afterEach(() => rmSync(root, { recursive: true }))

const main = join(import.meta.dir, '../../src/main.ts')

function ccr(...args: string[]): { out: string; error: string; code: number } {
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, main, 'preset', ...args], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: root,
      CCR_HOME: join(root, 'ccr'),
      DEEPSEEK_API_KEY: 'key-of-the-environment',
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return { out: stdout.toString(), error: stderr.toString(), code: exitCode }
}

function write(path: string, content: object | string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const installed = (name: string): string => join(root, 'ccr/presets', name, 'manifest.json')
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

const MANIFEST = {
  name: 'work',
  version: '1.2.0',
  description: 'For work',
  author: 'somebody',
  schema: [
    { id: 'key', type: 'password', label: 'Your key' },
    {
      id: 'plan',
      type: 'select',
      options: [
        { label: 'Small', value: 'small' },
        { label: 'Large', value: 'large' },
      ],
      defaultValue: 'small',
    },
    { id: 'threshold', type: 'number', min: 1000, required: false },
    { id: 'region', type: 'input', when: { field: 'plan', operator: 'eq', value: 'large' }, validator: '^[a-z]+-\\d$' },
  ],
  Providers: [{ name: 'a', api_base_url: 'https://a.example/v1', api_key: '#{key}', models: ['small', 'large'] }],
  Router: { default: 'a,#{plan}', longContextThreshold: '#{threshold}' },
}

describe('ccr preset install', () => {
  test('takes a folder, with its files, for the user alone', () => {
    write('gift/manifest.json', MANIFEST)
    write('gift/lib/transformer.js', 'module.exports = class {}')
    write('gift/.git/config', 'private')
    symlinkSync('/etc/passwd', join(root, 'gift/link'))
    const { out, error, code } = ccr('install', './gift', '--set', 'key=k3y-of-a-test-0001')
    expect({ code, out }).toEqual({
      code: 0,
      out: [
        `work: installed (${join(root, 'ccr/presets/work')})`,
        'ANTHROPIC_BASE_URL=http://127.0.0.1:3456/preset/work',
        'calls: a at a.example · small, large',
        '',
      ].join('\n'),
    })
    expect(error).toContain('link leads elsewhere')
    expect(error).toContain('ccr restart')
    const folder = dirname(installed('work'))
    expect(readdirSync(folder).toSorted()).toEqual(['lib', 'manifest.json'])
    expect([statSync(installed('work')).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
    expect(read(installed('work')).userValues).toEqual({ key: 'k3y-of-a-test-0001' })
    // Nothing is left of the work.
    expect(readdirSync(join(root, 'ccr'))).toEqual(['presets'])
  })

  test('says what it was not told, and installs nothing', () => {
    write('gift/manifest.json', MANIFEST)
    const { code, error } = ccr('install', './gift', '--set', 'plan=large')
    expect(code).toBe(1)
    expect(error).toContain("--set key='$KEY'   Your key")
    expect(error).toContain('--set region=…')
    expect(existsSync(join(root, 'ccr/presets'))).toBe(false)
  })

  test.each([
    ['plan=huge', 'plan: expected one of small, large'],
    ['threshold=few', 'threshold: expected a number'],
    ['threshold=10', 'threshold: expected at least 1000'],
    ['plam=small', 'did you mean `plan`?'],
    ['nonsense', '--set takes NAME=VALUE'],
  ])('says what is wrong with --set %s', (pair, problem) => {
    write('gift/manifest.json', MANIFEST)
    const { code, error } = ccr('install', './gift', '--set', 'key=k', '--set', pair)
    expect([code, error.includes(problem) ? problem : error]).toEqual([1, problem])
  })

  test('holds an answer against its validator, and asks only what applies', () => {
    write('gift/manifest.json', MANIFEST)
    const wrong = ccr('install', './gift', '--set=key=$DEEPSEEK_API_KEY', '--set', 'plan=large', '--set', 'region=Here')
    expect(wrong.error).toContain('region: expected what fits')
    const right = ccr(
      'install',
      './gift',
      '--set=key=$DEEPSEEK_API_KEY',
      '--set',
      'plan=Large',
      '--set',
      'region=eu-1',
      '--set',
      'threshold=5000',
    )
    expect(right.code).toBe(0)
    expect(read(installed('work')).userValues).toEqual({
      key: '$DEEPSEEK_API_KEY',
      plan: 'large',
      region: 'eu-1',
      threshold: 5000,
    })
    expect(ccr('info', 'work').out).toContain('routes: default → a,large')
  })

  test('takes a file alone, under another name, and puts a place of its config', () => {
    write('downloads/a.json', MANIFEST)
    write('downloads/other.txt', 'not yours')
    const { code } = ccr(
      'install',
      'downloads/a.json',
      '--name',
      'mine',
      '--set',
      'key=k',
      '--set',
      'Providers[0].models[0]=tiny',
    )
    expect(code).toBe(0)
    expect(readdirSync(dirname(installed('mine')))).toEqual(['manifest.json'])
    expect(ccr('info', 'mine').out).toContain('a.example · tiny, large')
  })

  test('leaves an installed one alone but for --force, and then asks for keys anew', () => {
    write('gift/manifest.json', MANIFEST)
    ccr('install', './gift', '--set', 'key=first-key-0001', '--set', 'plan=large', '--set', 'region=eu-1')
    const other = {
      ...MANIFEST,
      version: '2.0.0',
      Providers: [{ ...MANIFEST.Providers[0], api_base_url: 'https://b.example/v1' }],
    }
    write('other/manifest.json', other)
    expect(ccr('install', './other', '--set', 'key=k')).toMatchObject({
      code: 1,
      error: expect.stringContaining('--force'),
    })
    expect(ccr('install', './other', '--force')).toMatchObject({
      code: 1,
      error: expect.stringContaining('--set key='),
    })
    expect(read(installed('work')).version).toBe('1.2.0')
    expect(ccr('install', './other', '--force', '--set', 'key=second-key-0002').code).toBe(0)
    expect(read(installed('work'))).toMatchObject({
      version: '2.0.0',
      userValues: { key: 'second-key-0002', plan: 'large', region: 'eu-1' },
    })
    // By its name its own questions are answered anew.
    expect(ccr('install', 'work', '--set', 'plan=small').code).toBe(0)
    expect(read(installed('work')).userValues).toMatchObject({ key: 'second-key-0002', plan: 'small' })
  })

  test.each([
    ['../../outside', 'cannot be the name'],
    ['..', 'cannot be the name'],
    ['.hidden', 'cannot be the name'],
    ['a/b', 'cannot be the name'],
    ['a\\b', 'cannot be the name'],
    ['a\u001b[2Kb', 'cannot be the name'],
  ])('does not leave its folder for a preset that is called %p', (name, problem) => {
    write('gift/manifest.json', { ...MANIFEST, name })
    for (const args of [[], ['--name', name]]) {
      const { code, error } = ccr('install', './gift', '--set', 'key=k', ...args)
      expect([code, error.includes(problem)]).toEqual([1, true])
    }
    expect(readdirSync(root).filter((entry) => !entry.startsWith('.'))).toEqual(['gift'])
  })

  test('says whom it calls, whatever it is called there', () => {
    const Providers = [
      { name: 'a', api_base_url: 'https://evil.example/v1', models: ['m\u001b[1A\u001b[2K\ncalls: a at good.example'] },
    ]
    write('gift/manifest.json', { name: 'work', description: 'nice\u001b]0;owned\u0007', Providers })
    for (const out of [ccr('install', './gift').out, ccr('info', 'work').out, ccr('list').out]) {
      expect(out).not.toMatch(/[^\P{Cc}\n]/u)
      expect(out).not.toMatch(/^calls: a at good/m)
    }
    expect(ccr('info', 'work').out).toContain('calls: a at evil.example')
  })

  test('does not fetch, and does not install what could not be served', () => {
    expect(ccr('install', 'https://a.example/preset.zip').error).toContain('nothing is fetched from the network')
    expect(ccr('install', './nothing').error).toContain('there is no folder')
    write('empty/readme.txt', '')
    expect(ccr('install', './empty').error).toContain('there is no ')
    write('broken/manifest.json', '{ name: ')
    expect(ccr('install', './broken').error).toContain('cannot be read')
    write('wrong/manifest.json', { name: 'wrong', Providers: [{ name: 'a', api_base_url: 7 }] })
    expect(ccr('install', './wrong').error).toContain('could not be served')
    write('none/manifest.json', { name: 'none' })
    expect(ccr('install', './none').error).toContain('it has no providers')
    expect(existsSync(join(root, 'ccr/presets'))).toBe(false)
  })
})

describe('ccr preset list, info and delete', () => {
  test('tell of what is installed, and never a key', () => {
    expect(ccr('list').out).toContain('no preset is installed')
    write('gift/manifest.json', MANIFEST)
    ccr('install', './gift', '--set', 'key=k3y-of-a-test-0001')
    write('ccr/presets/broken/manifest.json', '{')
    expect(ccr('list').out.split('\n').toSorted()).toEqual([
      '',
      expect.stringContaining('broken · cannot be read'),
      'work · 1.2.0 · For work',
    ])
    const { out } = ccr('info', 'work')
    expect(out.split('\n')).toEqual([
      'preset: work',
      'version: 1.2.0',
      'description: For work',
      'author: somebody',
      `folder: ${dirname(installed('work'))}`,
      'served at: /preset/work',
      'calls: a at a.example · small, large',
      'routes: default → a,small',
      'answer: key = [not shown]',
      'answer: plan = "small" (by default)',
      'answer: threshold = nothing',
      '',
    ])
    expect(ccr('info', 'wrok').error).toContain('did you mean `work`?')
  })

  test.each(['delete', 'rm', 'remove'])('%s takes one away, and nothing else', (command) => {
    write('ccr/presets/work/manifest.json', MANIFEST)
    write('ccr/config.json', {})
    for (const name of ['..', '../presets', '.', ''])
      expect(ccr(command, name)).toMatchObject({ code: 1, error: expect.stringContaining('there is no preset') })
    expect(ccr(command, 'work').code).toBe(0)
    expect(readdirSync(join(root, 'ccr')).toSorted()).toEqual(['config.json', 'presets'])
    expect(readdirSync(join(root, 'ccr/presets'))).toEqual([])
  })

  test('unknown commands and options are told', () => {
    expect(ccr('instal', 'x').error).toContain('did you mean `install`?')
    expect(ccr('install', 'x', '--nmae', 'y').error).toContain('did you mean `--name`?')
    expect(ccr('--help').out).toContain('export')
  })
})

describe('ccr preset export', () => {
  const CONFIG = {
    APIKEY: 'client-secret-0000',
    PORT: 4567,
    keys: [{ label: 'a', hash: '0'.repeat(64) }],
    PROXY_URL: 'http://me:proxy-secret-0001@proxy.example',
    Providers: [
      {
        name: 'deepseek',
        api_base_url: 'https://api.deepseek.com/v1?api_key=query-secret-0002&v=2',
        api_key: '$DEEPSEEK_API_KEY',
        models: ['deepseek-chat'],
        maxOutputTokens: 8000,
      },
      {
        name: '0ther one',
        api_base_url: 'https://other.example/v1',
        api_keys: ['first-secret-0003', 'second-secret-0004', '${OTHER_KEY}'],
        models: ['m'],
        headers: {
          'X-Session': 'header-secret-0005',
          Authorization: 'Bearer $TOKEN',
          'X-Note': 'sk-abcdefghijklmnop0006',
        },
        proxy: 'http://me:proxy-secret-0007@proxy.example',
        transformer: { use: [['customparams', { token: 'option-secret-0008', max_tokens: 5 }]] },
      },
    ],
    Router: { default: 'deepseek,deepseek-chat', think: '0ther one,m' },
    fallback: { default: ['0ther one,m'] },
  }

  test('gives what says whom to call, with a question in place of each key', () => {
    write('ccr/config.json', CONFIG)
    const { code, error } = ccr(
      'export',
      'gift',
      '--output',
      'out',
      '--description',
      'A gift',
      '--author',
      'me',
      '--tags',
      'a, b',
    )
    expect(code).toBe(0)
    const text = readFileSync(join(root, 'out/manifest.json'), 'utf8')
    expect(text).not.toMatch(/secret-\d{4}|op0006|0{64}|4567/)
    const manifest = JSON.parse(text)
    expect(manifest).toMatchObject({
      name: 'gift',
      version: '1.0.0',
      description: 'A gift',
      author: 'me',
      keywords: ['a', 'b'],
      Router: CONFIG.Router,
      fallback: CONFIG.fallback,
    })
    const [deepseek, other] = manifest.Providers
    expect(deepseek).toEqual({
      ...CONFIG.Providers[0],
      api_base_url: 'https://api.deepseek.com/v1?api_key=#{deepseek_api_base_url_api_key}&v=2',
    })
    expect(other).toMatchObject({
      api_keys: ['#{0ther_one_api_keys}', '#{0ther_one_api_keys_2}', '${OTHER_KEY}'],
      headers: { 'X-Session': '#{0ther_one_headers_x_session}', Authorization: 'Bearer $TOKEN' },
    })
    expect(manifest.schema.map(({ id }: { id: string }) => id)).toHaveLength(7)
    expect(manifest.schema[1]).toEqual({
      id: '0ther_one_api_keys',
      type: 'password',
      label: 'Providers 0ther one api_keys',
      defaultValue: '$_0THER_ONE_API_KEYS',
    })
    expect(error).toContain('_0THER_ONE_API_KEYS')
  })

  test('what was exported can be installed, and calls with the keys that it is told', () => {
    write('ccr/config.json', {
      Providers: [{ name: 'a', api_base_url: 'https://a.example/v1', api_key: 'a-secret-key-0001', models: ['m'] }],
      Router: { default: 'a,m' },
    })
    expect(ccr('export', 'gift', '--output', 'gift').code).toBe(0)
    rmSync(join(root, 'ccr/config.json'))
    expect(ccr('install', './gift', '--set', 'a_api_key=another-key-0002').code).toBe(0)
    expect(read(installed('gift')).userValues).toEqual({ a_api_key: 'another-key-0002' })
    expect(ccr('info', 'gift').out).toContain('routes: default → a,m')
    expect(ccr('info', 'gift').out).not.toContain('warning')
  })

  test('stands among the presets, for the user alone, and replaces one only by --force', () => {
    write('ccr/config.json', CONFIG)
    expect(ccr('export', 'gift').code).toBe(0)
    expect(statSync(installed('gift')).mode & 0o777).toBe(0o600)
    expect(ccr('export', 'gift').error).toContain('--force')
    expect(ccr('export', 'gift', '--force', '--version', '2.0.0').code).toBe(0)
    expect(read(installed('gift')).version).toBe('2.0.0')
    expect(ccr('export', 'gift', '--output', '.', '--force').error).toContain('holds no preset')
    expect(ccr('export', '../gift').error).toContain('cannot be the name')
  })

  test('is not written where a key stands in another place, too', () => {
    write('ccr/config.json', {
      Providers: [
        {
          name: 'a',
          api_base_url: 'https://a.example/v1',
          api_key: 'one-secret-key-0001',
          models: ['one-secret-key-0001'],
        },
      ],
    })
    const { code, error } = ccr('export', 'gift')
    expect([code, error.includes('stands in another place')]).toEqual([1, true])
    expect(error).not.toContain('one-secret')
    expect(existsSync(join(root, 'ccr/presets'))).toBe(false)
  })
})
