import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConfigLog } from '../../src/cli/config-log.ts'
import { fileLog, terminalLog } from '../../src/cli/log.ts'
import { createRotatingFile } from '../../src/cli/rotating-file.ts'
import { redactedLog } from '../../src/cli/redacted-log.ts'
import type { Config } from '../../src/config/config.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { testProvider } from '../helper/gateway.ts'

let directory: string
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'ccr-log-')), 'logs')
})
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

const files = (): string[] => readdirSync(directory).toSorted()
const lines = (name: string): Record<string, unknown>[] =>
  readFileSync(join(directory, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('on the terminal what others say is no message of its own, and gives it no orders', () => {
  const said = spyOn(console, 'error').mockImplementation(() => {})
  try {
    terminalLog('info')('warn', 'p (m): no\nwarn: forged', { model: '\u001b]0;title\u0007\u202em模', usage: { a: 1 } })
    expect(said.mock.calls).toEqual([
      ['warn: p (m): no\n  warn: forged model=\\u001b]0;title\\u0007\\u202em模 usage={"a":1}'],
    ])
  } finally {
    said.mockRestore()
  }
})

describe('the log file', () => {
  const day = (text: string) => () => new Date(text)

  test('holds JSON lines of the level and above, for the user alone', () => {
    const log = fileLog(directory, 'info', { now: day('2026-11-22T10:00:00Z') })
    log('debug', 'not this')
    log('info', 'this', { status: 200 })
    log('warn', 'and\nthis')
    expect(lines('ccr-20261122.log')).toEqual([
      { time: '2026-11-22T10:00:00.000Z', level: 'info', message: 'this', status: 200 },
      { time: '2026-11-22T10:00:00.000Z', level: 'warn', message: 'and\nthis' },
    ])
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, 'ccr-20261122.log')).mode & 0o777).toBe(0o600)
  })

  test('is not made before the first line', () => {
    fileLog(directory, 'warn')('info', 'nothing')
    expect(() => files()).toThrow('ENOENT')
  })

  test('changes with the day and when it is full; the newest are kept, and nothing else is touched', () => {
    let time = new Date('2026-11-20T23:59:59Z')
    const log = fileLog(directory, 'info', { now: () => time, limit: 140, keep: 3 })
    log('info', 'first')
    writeFileSync(join(directory, 'ccr-notes.log'), 'mine')
    time = new Date('2026-11-21T00:00:01Z')
    for (let index = 0; index < 8; index++) log('info', `line ${index}`)
    expect(files()).toEqual(['ccr-20261121-2.log', 'ccr-20261121-3.log', 'ccr-20261121-4.log', 'ccr-notes.log'])
    expect(lines('ccr-20261121-4.log').at(-1)).toMatchObject({ message: 'line 7' })
  })

  test('is shared by processes: each goes on where the other is', () => {
    const now = day('2026-11-22T10:00:00Z')
    const [one, other] = [fileLog(directory, 'info', { now }), fileLog(directory, 'info', { now })]
    one('info', 'a')
    other('info', 'b')
    one('info', 'c')
    expect(lines('ccr-20261122.log').map(({ message }) => message)).toEqual(['a', 'b', 'c'])
  })

  test('is made anew when it was removed', () => {
    let time = new Date('2026-11-22T10:00:00Z')
    const log = fileLog(directory, 'info', { now: () => time })
    log('info', 'a')
    rmSync(join(directory, 'ccr-20261122.log'))
    time = new Date('2026-11-22T10:00:02Z')
    log('info', 'b')
    expect(lines('ccr-20261122.log').map(({ message }) => message)).toEqual(['b'])
  })

  test('that others could read is closed to them', () => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'ccr-20261122.log'), '')
    chmodSync(join(directory, 'ccr-20261122.log'), 0o644)
    fileLog(directory, 'info', { now: day('2026-11-22T10:00:00Z') })('info', 'a')
    expect(statSync(join(directory, 'ccr-20261122.log')).mode & 0o777).toBe(0o600)
  })

  test('that cannot be written is told once, breaks nothing, and is tried again later', () => {
    const said = spyOn(console, 'error').mockImplementation(() => {})
    try {
      let time = new Date('2026-11-22T10:00:00Z')
      writeFileSync(directory, 'a file where the folder should be')
      const log = fileLog(directory, 'info', { now: () => time })
      for (let index = 0; index < 3; index++) {
        log('info', 'lost')
        time = new Date(time.getTime() + 61_000)
      }
      expect(said.mock.calls).toEqual([[expect.stringContaining('the log cannot be written')]])
      rmSync(directory)
      log('info', 'kept')
      expect(lines('ccr-20261122.log').map(({ message }) => message)).toEqual(['kept'])
    } finally {
      said.mockRestore()
    }
  })

  test.skipIf(!existsSync('/dev/full'))('a full disk is told once and breaks nothing', () => {
    const said = spyOn(console, 'error').mockImplementation(() => {})
    try {
      mkdirSync(directory, { recursive: true })
      symlinkSync('/dev/full', join(directory, 'ccr-20261122.log'))
      const log = fileLog(directory, 'info', { now: day('2026-11-22T10:00:00Z') })
      log('info', 'a')
      log('info', 'b')
      expect(said).toHaveBeenCalledTimes(1)
    } finally {
      said.mockRestore()
    }
  })

  test('that cannot be opened anew touches nothing that has its number by then', () => {
    let today = new Date('2026-11-22T10:00:00Z')
    const file = createRotatingFile(directory, { now: () => today })
    file.append('one\n')
    today = new Date('2026-11-23T10:00:00Z')
    renameSync(directory, `${directory}-away`)
    writeFileSync(directory, 'no folder')
    expect(() => file.append('two\n')).toThrow('EEXIST')

    const others = join(directory, '../others')
    const descriptor = openSync(others, 'w')
    expect(() => file.append('three\n')).toThrow('EEXIST')
    writeSync(descriptor, 'theirs')
    closeSync(descriptor)
    expect(readFileSync(others, 'utf8')).toBe('theirs')
  })

  test('cuts texts that are no messages', () => {
    const log = fileLog(directory, 'info', { now: day('2026-11-22T10:00:00Z') })
    log('info', 'x', { error: 'y'.repeat(1_000_000) })
    expect(statSync(join(directory, 'ccr-20261122.log')).size).toBeLessThan(5000)
  })
})

test('no key of the config gets into a log, wherever in a line it stands', () => {
  const heard: unknown[] = []
  const provider = {
    ...testProvider('http://127.0.0.1', 'openai-chat'),
    apiKey: 'planted-key-1',
    headers: { 'X-Token': 'Bearer planted-key-2', 'content-type': 'application/json' },
    proxy: 'http://user:planted%2Dkey-3@proxy.example:1',
  }
  const log = redactedLog((...line) => heard.push(line), [provider], 'planted-key-4', undefined, 'planted-key-5')
  log('warn', 'planted-key-1 application/json', {
    error: 'x planted-key-2',
    deep: [{ a: 'planted-key-3' }, 'planted%2Dkey-3'],
    n: 1,
    none: null,
    key: 'planted-key-4',
    search: 'planted-key-5',
  })
  expect(JSON.stringify(heard)).not.toMatch(/planted/)
  expect(heard[0]).toMatchObject(['warn', '[redacted] application/json', { n: 1, none: null }])
})

test.skipIf(process.platform !== 'linux')('a level that changes with the config leaves no open file behind', () => {
  const opened = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => readlinkOrNone(`/proc/self/fd/${fd}`).startsWith(directory)).length
  const home = join(directory, '..')
  const configOf = (logLevel: 'info' | 'debug'): Config => ({
    ...resolveConfig({ LOG: true, LOG_LEVEL: logLevel }, {}).config,
    file: join(home, 'config.json'),
    exists: true,
    warnings: [],
  })
  const { write, follow } = createConfigLog(configOf('info'))
  for (let changes = 0; changes < 10; changes++) {
    write('error', 'told')
    follow(configOf(changes % 2 === 0 ? 'debug' : 'info'))
  }
  write('error', 'told')
  expect(opened()).toBe(1)
})

function readlinkOrNone(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
