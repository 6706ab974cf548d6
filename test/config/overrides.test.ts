import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOverrideReader } from '../../src/config/overrides.ts'
import type { Group } from '../../src/router/group.ts'
import { testProvider } from '../helper/gateway.ts'

const SESSION = '0e6b1a52-0000-4000-8000-000000000001'
let root = ''
const lines: string[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ccr-overrides-'))
  lines.length = 0
})
afterEach(() => rmSync(root, { recursive: true }))

const write = (path: string, text: string): void => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}
const reader = (groups?: ReadonlyMap<string, Group>): ReturnType<typeof createOverrideReader> =>
  createOverrideReader({
    configHome: join(root, 'ccr'),
    projectsDirectory: join(root, 'projects'),
    providers: [testProvider('http://127.0.0.1:1', 'openai-chat', { name: 'a', models: ['one', 'two'] })],
    ...(groups && { groups }),
    log: (level, message) => lines.push(`${level} ${message}`),
  })

describe('a project and a session may have a Router of their own', () => {
  test('the project’s comes first, the session’s after it', () => {
    write(`projects/-home-me/${SESSION}.jsonl`, '')
    write('ccr/-home-me/config.json', '{ // comment\n "Router": { "default": "a,one", "longContextThreshold": 5 } }')
    write(`ccr/-home-me/${SESSION}.json`, '{ "Router": { "think": "A,two" } }')
    expect(reader()(SESSION)).toEqual([
      { from: 'project router', targets: { default: { provider: 'a', model: 'one' } }, longContextThreshold: 5 },
      { from: 'session router', targets: { think: { provider: 'a', model: 'two' } } },
    ])
  })

  test('with rules, which may use the groups of the config', () => {
    write(`projects/p/${SESSION}.jsonl`, '')
    write(
      'ccr/p/config.json',
      '{ "rules": [{ "when": { "tools": true }, "use": "g" }], "fallback": { "default": ["a,two"] } }',
    )
    const of = { provider: 'a', model: 'one' }
    const g: Group = { id: 'g', strategy: 'order', isSticky: true, members: [{ of, weight: 1 }] }
    const [override] = reader(new Map([['g', g]]))(SESSION)
    expect(override).toMatchObject({
      from: 'project router',
      targets: {},
      fallbacks: { default: [{ provider: 'a', model: 'two' }] },
      rules: [{ name: '#1', from: 'project router', use: g, isShadow: false }],
    })
    expect(lines).toEqual([])
  })

  test('rules of which one is not as it should be are not used at all, and that is told', () => {
    write(`projects/p/${SESSION}.jsonl`, '')
    write(
      'ccr/p/config.json',
      '{ "Router": { "default": "a,two" }, "rules": [{ "wehn": { "tools": true }, "use": "a,one" }] }',
    )
    expect(reader()(SESSION)).toEqual([
      { from: 'project router', targets: { default: { provider: 'a', model: 'two' } } },
    ])
    expect(lines).toEqual([
      expect.stringContaining('config.json:1:49: `rules[0]`: there is no key `wehn`; did you mean `when`?'),
    ])
  })

  test('a transcript that comes later is found later, and a changed file is read again', () => {
    write('ccr/-home-me/config.json', '{ "Router": { "default": "a,one" } }')
    const read = reader()
    expect(read(SESSION)).toEqual([])
    write(`projects/-home-me/${SESSION}.jsonl`, '')
    expect(read(SESSION)[0]?.targets.default?.model).toBe('one')
    write('ccr/-home-me/config.json', '{ "Router": { "default": "a,two" }, "more": 1 }')
    expect(read(SESSION)[0]?.targets.default?.model).toBe('two')
  })

  test.each([
    ['{ "Router": ', 'is not used'],
    ['{ "Router": { "default": "nobody,x" } }', 'config.json:1:26: `Router.default`: there is no provider `nobody`'],
  ])('a file that cannot be used is told once: %s', (text, words) => {
    write(`projects/p/${SESSION}.jsonl`, '')
    write('ccr/p/config.json', text)
    const read = reader()
    read(SESSION)
    expect(read(SESSION).flatMap((override) => Object.keys(override.targets))).toEqual([])
    expect(lines).toEqual([expect.stringContaining(words)])
  })

  test.each(['../../etc', '', 'a/b', '..'])('a session id that is no name is not looked up: %p', (session) => {
    write('ccr/p/config.json', '{ "Router": { "default": "a,one" } }')
    expect(reader()(session)).toEqual([])
  })

  test('nobody has such a folder', () => {
    expect(reader()(SESSION)).toEqual([])
  })
})
