import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../client/agent.ts'

setDefaultTimeout(120_000)

// Beside the checkout's own node_modules, which is linked file by file: Bun follows a link to a folder, and would name
// that folder in the executable.
mkdirSync(join(ROOT, 'dist'), { recursive: true })
const root = mkdtempSync(join(ROOT, 'dist/.builds-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('the same sources give the same bytes, wherever they are built', () => {
  const [first, second] = ['one', 'another place/two'].map((name) => build(join(root, name)))
  expect(first).toMatch(/^[0-9a-f]{64}$/)
  expect(second).toBe(first ?? '')
})

function build(checkout: string): string {
  mkdirSync(checkout, { recursive: true })
  for (const name of ['.ci', 'package.json', 'build.ts', 'tsconfig.json', 'src'])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true })
  Bun.spawnSync(['cp', '-al', join(ROOT, 'node_modules'), checkout])
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, 'build.ts'], { cwd: checkout, stderr: 'pipe' })
  expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: '' })
  return new Bun.CryptoHasher('sha256').update(readFileSync(join(checkout, 'dist/ccr'))).digest('hex')
}
