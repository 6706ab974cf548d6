import { expect, test } from 'bun:test'
import { claudeEnvironment, extendNoProxy, includesLoopback } from '../../src/cli/claude/environment.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

const config = { ...resolveConfig({}, {}).config, file: '', exists: false, warnings: [] }
const access = { url: 'http://127.0.0.1:1', key: 'k' }

test.each([
  'BUN_OPTIONS',
  'BUN_BE_BUN',
  'BUN_INSPECT',
  'BUN_INSPECT_CONNECT_TO',
  'BUN_CONFIG_MAX_HTTP_REQUESTS',
  'CLAUDE_CODE_USE_MANTLE',
  'ANTHROPIC_API_KEY',
])('%s does not reach Claude Code', (name) =>
  expect(claudeEnvironment({ [name]: 'x' }, config, access)).not.toHaveProperty(name),
)

test('a small model and a timeout of the environment stay unless the config has its own', () => {
  const env = claudeEnvironment({ ANTHROPIC_SMALL_FAST_MODEL: 'mine' }, config, access)
  expect(env['ANTHROPIC_SMALL_FAST_MODEL']).toBe('mine')
})

test.each([
  [[], '127.0.0.1,localhost,::1'],
  [[undefined, ''], '127.0.0.1,localhost,::1'],
  [['*'], '*,127.0.0.1,localhost,::1'],
  [['a, b', 'b c'], 'a,b,c,127.0.0.1,localhost,::1'],
  [['localhost,127.0.0.1'], 'localhost,127.0.0.1,::1'],
])('NO_PROXY %p becomes %s', (lists, expected) => expect(extendNoProxy(lists)).toBe(expected))

test.each([
  ['127.0.0.1', true],
  ['*', true],
  ['a, 127.0.0.1', true],
  ['localhost', false],
  ['', false],
])('%p exempts the router: %p', (list, expected) => expect(includesLoopback(list)).toBe(expected))
