import { expect, test } from 'bun:test'
import { join } from 'node:path'

const FOLDER = join(import.meta.dir, '..')
/** All that concerns the way to a provider and back. */
const FILES = [
  'gateway.test.ts',
  'provider-errors.test.ts',
  ...['authority', 'compressed', 'deadlines', 'host', 'proxy'].map((name) => `network/${name}.test.ts`),
]

test('without Bun’s fetch, as beyond its limit of requests at once, all is the same but for kept-alive connections', async () => {
  const child = Bun.spawn(
    [process.execPath, 'test', '--timeout', '30000', ...FILES.map((file) => join(FOLDER, file))],
    {
      env: { ...process.env, CCR_TEST_UNCAPPED: '1', NO_COLOR: '1' },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    },
  )
  const said = await new Response(child.stderr).text()
  expect(said.split('\n').filter((line) => line.startsWith('(fail)'))).toEqual([])
  expect(await child.exited).toBe(0)
  expect(Number(/^ (\d+) pass$/m.exec(said)?.[1])).toBeGreaterThan(150)
}, 120_000)
