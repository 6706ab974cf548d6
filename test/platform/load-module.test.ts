import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createModuleLoader } from '../../src/platform/load-module.ts'

const root = mkdtempSync(join(tmpdir(), 'ccr-modules-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Writes a module as of second `second` of some day. */
function write(name: string, text: string, second = 0): string {
  const file = join(root, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  utimesSync(file, 1e9 + second, 1e9 + second)
  return file
}

test.each([
  ['once.js', 'module.exports = { at: 1 }', 'module.exports = { at: 2 }'],
  ['once.mjs', 'export default { at: 1 }', 'export default { at: 2 }'],
  ['once.ts', 'export default { at: 1 as number }', 'export default { at: 2 as number }'],
])('%s is loaded anew when it has changed, and only then', async (name, first, second) => {
  const load = createModuleLoader()
  const file = write(name, first)
  const one = (await load(file)) as { default: { at: number } }
  const same = (await load(file)) as { default: object }
  write(name, second, 60)
  const other = (await load(file)) as { default: { at: number } }
  expect([one.default.at, other.default.at]).toEqual([1, 2])
  expect(same.default).toBe(one.default)
})

test.each(['short', 'folder', 'short.cjs'])('%s is found as `require` finds it', async (path) => {
  write('short.cjs', 'module.exports = { name: "short" }')
  write('folder/index.ts', 'export default { name: "folder" }')
  expect(await createModuleLoader()(join(root, path))).toMatchObject({ default: { name: path.split('.')[0] } })
})

test('the process is back where it was, also after a module that throws, and several load one after the other', async () => {
  const before = process.cwd()
  const load = createModuleLoader()
  const file = write('where.js', 'module.exports = { directory: process.cwd() }')
  const bad = write('bad.js', 'throw new Error("no")')
  const [first, second] = await Promise.allSettled([load(bad), load(file)])
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'no' } })
  expect(second).toMatchObject({ value: { default: { directory: expect.stringMatching(/ccr-modules-/) } } })
  expect(process.cwd()).toBe(before)
})

test('a file that is not there is told in words', () => {
  expect(createModuleLoader()(join(root, 'absent.js'))).rejects.toThrow('there is no such file')
})
