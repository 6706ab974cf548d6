import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addProvider } from '../../src/config/edit.ts'
import { loadConfig } from '../../src/config/load.ts'
import { starterConfig } from '../../src/config/starter.ts'
import { initConfig, writeConfig } from '../../src/config/write.ts'

const root = mkdtempSync(join(tmpdir(), 'ccr-write-'))
afterAll(() => rmSync(root, { recursive: true }))

let home = ''
let file = ''
let runs = 0
beforeEach(() => {
  home = join(root, `home-${runs++}`)
  file = join(home, '.claude-code-router/config.json')
  mkdirSync(home)
})

const options = () => ({ env: {}, home })
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const provider = { name: 'deepseek', url: 'https://api.deepseek.com', key: 'k3y-of-deepseek', model: 'deepseek-v4-pro' }

describe('the starter', () => {
  test('is written for the user alone', () => {
    expect(initConfig(options())).toEqual({ file, created: true })
    expect([readFileSync(file, 'utf8'), modeOf(file), modeOf(join(home, '.claude-code-router'))]).toEqual([
      starterConfig(),
      '600',
      '700',
    ])
  })

  test('never overwrites', () => {
    mkdirSync(join(home, '.claude-code-router'))
    writeFileSync(file, 'mine')
    expect(initConfig(options())).toEqual({ file, created: false })
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('never overwrites through a dangling link', () => {
    mkdirSync(join(home, '.claude-code-router'))
    symlinkSync('/nowhere/at/all', file)
    expect(initConfig(options()).created).toBeFalse()
  })
})

describe('a new provider', () => {
  test('without a file makes one that works, for the user alone', () => {
    expect(writeConfig(options(), provider)).toBe(file)
    const { providers, routes, warnings } = loadConfig(options())
    expect(providers).toMatchObject([{ name: 'deepseek', apiKey: 'k3y-of-deepseek', models: ['deepseek-v4-pro'] }])
    expect([routes.targets, warnings, modeOf(file)]).toEqual([
      { default: { provider: 'deepseek', model: 'deepseek-v4-pro' } },
      [],
      '600',
    ])
  })

  test('joins the starter, whose comments stay', () => {
    initConfig(options())
    writeConfig(options(), provider)
    const lines = readFileSync(file, 'utf8').split('\n')
    expect(
      starterConfig()
        .split('\n')
        .filter((line) => !lines.includes(line)),
    ).toEqual([])
    expect(loadConfig(options()).providers).toHaveLength(1)
  })

  test('leaves a file that is a link a link', () => {
    const real = join(home, 'dotfiles.json')
    writeFileSync(real, '{}')
    mkdirSync(join(home, '.claude-code-router'))
    symlinkSync(real, file)
    writeConfig(options(), provider)
    expect([realpathSync(file), readFileSync(real, 'utf8').includes('deepseek'), readdirSync(home).toSorted()]).toEqual(
      [realpathSync(real), true, ['.claude-code-router', 'dotfiles.json']],
    )
  })

  test.each([
    [
      'a second one of that name',
      '{"Providers":[{"name":"deepseek","api_base_url":"https://x.example"}]}',
      'two providers named `deepseek`',
    ],
    ['a broken file', '{"Providers":[', 'never closed'],
    ['a file that is no object', '[]', 'the file'],
  ])('is refused, and nothing written, for %s', (_, text, message) => {
    mkdirSync(join(home, '.claude-code-router'))
    writeFileSync(file, text)
    expect(() => writeConfig(options(), provider)).toThrow(message)
    expect([readFileSync(file, 'utf8'), readdirSync(join(home, '.claude-code-router'))]).toEqual([
      text,
      ['config.json'],
    ])
  })

  test('is refused with a URL that is none', () => {
    expect(() => writeConfig(options(), { ...provider, url: 'api.deepseek.com' })).toThrow(
      'did you mean `https://api.deepseek.com…`?',
    )
    expect(readdirSync(home)).toEqual([])
  })
})

describe('the text', () => {
  const entry = { name: 'p', api_base_url: 'https://p.example', models: ['m'] }
  const added = { name: 'p', url: 'https://p.example', model: 'm' }

  test.each<[string, unknown]>([
    ['{}', { Providers: [entry], Router: { default: 'p,m' } }],
    ['{ }', { Providers: [entry], Router: { default: 'p,m' } }],
    ['{"PORT":1}', { PORT: 1, Providers: [entry], Router: { default: 'p,m' } }],
    ['{"PORT":1,}', { PORT: 1, Providers: [entry], Router: { default: 'p,m' } }],
    ['{\n  "PORT": 1 // last\n}', { PORT: 1, Providers: [entry], Router: { default: 'p,m' } }],
    ['{"Providers":[]}', { Providers: [entry], Router: { default: 'p,m' } }],
    ['{"providers":[ ]}', { providers: [entry], Router: { default: 'p,m' } }],
    [
      '{"Providers":[{"name":"a","api_base_url":"https://a.example"}],"Router":{"default":"a,b"}}',
      { Providers: [entry, { name: 'a', api_base_url: 'https://a.example' }], Router: { default: 'a,b' } },
    ],
    [
      '{"Providers":[\n  // none\n],"Router":{"think":"a,b"}}',
      { Providers: [entry], Router: { default: 'p,m', think: 'a,b' } },
    ],
    ['{Router:{default:""}, Providers:[],}', { Router: { default: 'p,m' }, Providers: [entry] }],
    ["{'Router':{'default':null}}", { Router: { default: 'p,m' }, Providers: [entry] }],
    ['{"Providers":null,"Router":null}', { Providers: [entry], Router: { default: 'p,m' } }],
    [
      '// top\n{ /* in */ "a": {"Providers": []} } // end',
      { a: { Providers: [] }, Providers: [entry], Router: { default: 'p,m' } },
    ],
  ])('%j gets it, and loses nothing', (text, expected) => {
    const edited = addProvider(text, added)
    expect(Bun.JSON5.parse(edited)).toEqual(expected)
    expect([...text.matchAll(/\/\/.*|\/\*.*?\*\//g)].filter(([comment]) => !edited.includes(comment))).toEqual([])
  })

  test('a strict JSON file stays strict JSON', () => {
    for (const text of ['{}', '{"PORT": 1}', '{"Providers": []}', '{"Providers": [{"name": "a"}], "Router": {}}'])
      expect(() => JSON.parse(addProvider(text, added))).not.toThrow()
  })

  test('a key with quotes and backslashes arrives as it was typed', () => {
    const key = 'a"b\\c\u2028$d'
    expect(Bun.JSON5.parse(addProvider('{}', { ...added, key }))).toMatchObject({ Providers: [{ api_key: key }] })
  })

  test('dialects are written', () => {
    expect(Bun.JSON5.parse(addProvider('{}', { ...added, dialects: ['Anthropic'] }))).toMatchObject({
      Providers: [{ transformer: { use: ['Anthropic'] } }],
    })
  })

  test('the result reads like a file that somebody wrote', () => {
    expect(addProvider('{\n  "PORT": 3456\n}\n', { ...added, key: '$KEY' })).toBe(`{
  "Providers": [
    {
      "name": "p",
      "api_base_url": "https://p.example",
      "api_key": "$KEY",
      "models": ["m"]
    }
  ],
  "PORT": 3456,
  "Router": { "default": "p,m" }
}
`)
  })
})
