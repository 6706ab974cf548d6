import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createState } from '../../src/cli/state.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

const config = {
  ...resolveConfig({ limits: { requestsPerMinute: 9 } }, {}).config,
  file: '',
  exists: false,
  warnings: [],
}
let home: string
let before: string | undefined

beforeEach(() => {
  before = process.env['CCR_HOME']
  home = mkdtempSync(join(tmpdir(), 'ccr-state-'))
  process.env['CCR_HOME'] = home
})
afterEach(() => {
  if (before === undefined) delete process.env['CCR_HOME']
  else process.env['CCR_HOME'] = before
  rmSync(home, { recursive: true })
})

test('a state that cannot be used is told, and opened when the config is read again after its repair', async () => {
  const told: string[] = []
  const state = createState((_, message) => told.push(message))
  mkdirSync(join(home, 'state', 'state.db'), { recursive: true })
  await state.openFor(config)
  expect(state.ports()).toEqual({})
  expect(told).toEqual([expect.stringContaining('then restart ccr')])
  rmSync(join(home, 'state', 'state.db'), { recursive: true })
  await Promise.all([state.openFor(config), state.openFor(config)])
  expect(state.ports().journal).toBeDefined()
  expect(told).toHaveLength(1)
  state.close()
})
