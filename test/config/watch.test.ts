import { afterAll, describe, expect, test } from 'bun:test'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { watchConfig } from '../../src/config/watch.ts'

const root = mkdtempSync(join(tmpdir(), 'ccr-watch-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Sooner than the look that is taken every two seconds, whoever tells of a change or not. */
const AT_ONCE_MS = 1200

let runs = 0

/** A config of port 1500 whose folder is watched. */
async function watched(place: (folder: string) => void = () => {}) {
  const folder = join(root, String(runs++), 'ccr')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'config.json')
  save(file, 1000)
  place(folder)
  const load = { env: {}, home: root, file }
  const waiting: { port: number; seen: () => void }[] = []
  const watch = watchConfig({
    load,
    first: loadConfig(load),
    onChange: (config: Config) => waiting.filter(({ port }) => port === config.port).forEach(({ seen }) => seen()),
    onProblem: () => {},
  })
  const takes = async (port: number): Promise<number> => {
    const began = performance.now()
    if (watch.config().port !== port) await new Promise<void>((seen) => waiting.push({ port, seen }))
    return performance.now() - began
  }
  // The folder is watched a moment after the start.
  save(file, 1500)
  await takes(1500)
  return {
    folder,
    file,
    watch,
    /** The milliseconds until the config with this port is in use. */
    takes,
    [Symbol.dispose]: () => watch.close(),
  }
}

function save(file: string, port: number): void {
  writeFileSync(file, JSON.stringify({ PORT: port }))
}

describe('a config that is watched', () => {
  test('in a folder that is replaced: the new one is watched from then on', async () => {
    using config = await watched()
    cpSync(config.folder, `${config.folder}-new`, { recursive: true })
    save(join(`${config.folder}-new`, 'config.json'), 2000)
    renameSync(config.folder, `${config.folder}-old`)
    renameSync(`${config.folder}-new`, config.folder)
    await config.takes(2000)
    save(config.file, 3000)
    expect(await config.takes(3000)).toBeLessThan(AT_ONCE_MS)
  })

  test('through a link that is made to lead elsewhere: what it leads to is watched from then on', async () => {
    using config = await watched((folder) => {
      for (const version of ['one', 'two']) mkdirSync(join(folder, version))
      renameSync(join(folder, 'config.json'), join(folder, 'one/config.json'))
      save(join(folder, 'two/config.json'), 2000)
      symlinkSync('one', join(folder, '..data'))
      symlinkSync('..data/config.json', join(folder, 'config.json'))
    })
    symlinkSync('two', join(config.folder, '..data_new'))
    renameSync(join(config.folder, '..data_new'), join(config.folder, '..data'))
    await config.takes(2000)
    save(join(config.folder, 'two/config.json'), 3000)
    expect(await config.takes(3000)).toBeLessThan(AT_ONCE_MS)
  })

  test('that a pipe takes the place of stops nobody, and stays as it was', async () => {
    using config = await watched()
    const text = readFileSync(config.file, 'utf8')
    rmSync(config.file)
    expect(Bun.spawnSync(['mkfifo', config.file]).exitCode).toBe(0)
    for (let looks = 0; looks < 6; looks++) config.watch.check()
    expect(config.watch.problem()).toContain('this is no file that can be read again')
    expect(config.watch.config().port).toBe(1500)
    rmSync(config.file)
    writeFileSync(config.file, text)
    config.watch.check()
    expect(config.watch.problem()).toBeUndefined()
  })
})
