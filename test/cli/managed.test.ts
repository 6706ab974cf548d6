import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { managedConflicts } from '../../src/cli/claude/settings.ts'
import { createDesk } from './program.ts'

const FILE = 'managed-settings.json'
const DROP_IN = 'managed-settings.d/10-gateway.json'

test.each([
  ['another address', FILE, { env: { ANTHROPIC_BASE_URL: 'http://gateway.example' } }, ['ANTHROPIC_BASE_URL']],
  ['no address at all', FILE, { env: { ANTHROPIC_BASE_URL: '' } }, ['ANTHROPIC_BASE_URL']],
  ['another key', DROP_IN, { env: { ANTHROPIC_AUTH_TOKEN: 'x' } }, ['ANTHROPIC_AUTH_TOKEN']],
  ['another service', DROP_IN, { env: { CLAUDE_CODE_USE_VERTEX: 'true' } }, ['CLAUDE_CODE_USE_VERTEX']],
  ['a socket', FILE, { env: { ANTHROPIC_UNIX_SOCKET: '/run/x' } }, ['ANTHROPIC_UNIX_SOCKET']],
])('managed settings with %s stop the start', async (_name, path, settings, keys) => {
  await using desk = await createDesk()
  const source = await desk.write(join('managed', path), settings)
  expect(managedConflicts(join(desk.root, 'managed'))).toEqual([{ source, keys }])
})

test.each([
  ['there are none', undefined],
  ['they concern other things', { permissions: { deny: ['WebFetch'] }, env: { HTTPS_PROXY: 'http://proxy.example' } }],
  ['another service is switched off', { env: { CLAUDE_CODE_USE_BEDROCK: '0', CLAUDE_CODE_USE_VERTEX: false } }],
  [
    'they add a second credential, which is sent beside ours',
    { apiKeyHelper: 'echo x', env: { ANTHROPIC_API_KEY: 'x' } },
  ],
  ['they cannot be read, which Claude Code says itself', '{ broken'],
])('managed settings do not matter when %s', async (_name, settings) => {
  await using desk = await createDesk()
  if (settings !== undefined) await desk.write(join('managed', FILE), settings)
  expect(managedConflicts(join(desk.root, 'managed'))).toEqual([])
})
