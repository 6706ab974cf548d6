import { describe, expect, test } from 'bun:test'
import type { Message } from '../../src/canonical/request.ts'
import { conversationOf, isSafeSessionId, learnInput, sessionIdOf } from '../../src/router/session.ts'
import { requestWith } from './request.ts'

const uuid = '6f1d2c3a-0000-4000-8000-000000000001'

test.each([
  ['the header of Claude Code', { 'x-claude-code-session-id': uuid }, undefined, uuid],
  ['the header before the user id', { 'x-claude-code-session-id': uuid }, '{"session_id":"other"}', uuid],
  ['the header of opencode', { 'x-session-id': 'ses_1234' }, undefined, 'ses_1234'],
  ['the JSON user id', {}, `{"device_id":"d","account_uuid":"","session_id":"${uuid}"}`, uuid],
  ['the old user id', {}, `user_${'a'.repeat(64)}_account__session_${uuid}`, uuid],
  ['the old user id with an account', {}, `user_abc_account_def_session_${uuid}`, uuid],
  ['a user id without a session', {}, 'user_abc', undefined],
  ['an old user id that ends early', {}, 'user_abc_session_', undefined],
  ['broken JSON', {}, '{"session_id":', undefined],
  ['JSON with another type', {}, '{"session_id":5}', undefined],
  ['an empty header', { 'x-claude-code-session-id': '' }, undefined, undefined],
  ['nothing', {}, undefined, undefined],
] as [string, Record<string, string>, string | undefined, string | undefined][])(
  'the session id by %s',
  (_name, headers, userId, id) => {
    expect(sessionIdOf(userId === undefined ? {} : { userId }, headers)).toBe(id as string)
  },
)

test.each([
  [uuid, true],
  ['session_2026-11', true],
  ['../../etc/passwd', false],
  ['..', false],
  ['a/b/c/d/e', false],
  ['a\\b\\c\\d\\e', false],
  ['.hidden-file', false],
  ['-rf-slash', false],
  ['CON', false],
  ['name.json', false],
  ['line\nbreak-12', false],
  ['ends-with-break\n', false],
  ['nul\u0000-12345', false],
  ['ünïcödé-id', false],
  ['%2e%2e%2fetc', false],
  ['short', false],
  ['', false],
  ['a'.repeat(129), false],
])('%j in a file name: %p', (id, safe) => {
  expect(isSafeSessionId(id)).toBe(safe)
})

describe('a conversation', () => {
  const headers = { 'x-claude-code-session-id': uuid }
  const prompt = (...texts: string[]): Message => ({
    role: 'user',
    parts: texts.map((text) => ({ type: 'text', text })),
  })
  const key = (messages: Message[], extra = {}): string | undefined =>
    conversationOf(requestWith({ messages }), { ...headers, ...extra })
  const main = key([prompt('<system-reminder>Monday</system-reminder>', 'Fix it.')])

  test('goes on over its turns, though reminders change', () => {
    const later = [prompt('<system-reminder>Tuesday</system-reminder>', 'Fix it.'), prompt('And that.')]
    expect(key(later)).toBe(main as string)
  })

  test.each([
    ['a title', key([prompt('<session>Fix it.</session>')])],
    ['a sub-agent with the same prompt', key([prompt('Fix it.')], { 'x-claude-code-agent-id': 'a1' })],
    ['the conversation after compacting', key([prompt('This session is being continued from before.')])],
    ['another session', key([prompt('Fix it.')], { 'x-claude-code-session-id': 'other-session' })],
  ])('is not %s', (_name, other) => {
    expect(other).toBeString()
    expect(other).not.toBe(main as string)
  })

  test('has no key without a session', () => {
    expect(conversationOf(requestWith({}), {})).toBeUndefined()
  })
})

test.each([
  [50_000, 60_000, 1.2],
  [50_000, 25_000, 0.5],
  [100, 1_000_000, 4],
  [100_000, 1, 0.25],
  [50_000, 0, undefined],
  [50_000, NaN, undefined],
  [50_000, -5, undefined],
  [0, 100, undefined],
])('%i estimated and %p counted teach the ratio %p', (estimated, counted, ratio) => {
  expect(learnInput({ estimated }, counted).ratio).toBe(ratio as number)
})
