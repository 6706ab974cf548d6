import { describe, expect, test } from 'bun:test'
import { json } from '../../helper/answer.ts'
import { createStage, type Play } from './stage.ts'

const KEYS = ['key-one-1111', 'key-two-2222', 'key-three-3333']
const several = { apiKey: KEYS[0] ?? '', apiKeys: KEYS }

/** A clock that a test moves; timers run at once. */
function createClock() {
  let now = 1_000_000
  return { pass: (ms: number) => void (now += ms), ports: { now: () => now } }
}

/** Refuses the keys that `bad` names, with its answer. */
const refusing =
  (bad: Readonly<Record<string, () => ReturnType<typeof json>>>): Play =>
  ({ headers }) =>
    bad[String(headers['authorization']).replace('Bearer ', '')]?.() ?? { text: 'Hello' }

const limited = () => json({ error: { message: 'slow down' } }, 429, { 'retry-after': '30' })
const refused = () => json({ error: { message: 'wrong key' } }, 401)

describe('pains #26: several keys of one provider', () => {
  test('pains #26: a key that is limited is left alone exactly as long as the provider says; the next one answers', async () => {
    const clock = createClock()
    const bad: Record<string, () => ReturnType<typeof json>> = { [KEYS[0] ?? '']: limited }
    await using stage = await createStage([{ name: 'one', play: refusing(bad), row: several }], { ports: clock.ports })
    const session = { 'x-claude-code-session-id': 'session-1' }
    expect((await stage.ask({}, session)).status).toBe(200)
    expect(stage.keysShown('one')).toEqual(['key-one-1111', 'key-two-2222'])
    clock.pass(29_999)
    delete bad[KEYS[0] ?? '']
    await stage.ask({}, { 'x-claude-code-session-id': 'session-2' })
    expect(stage.keysShown('one').at(-1)).toBe('key-three-3333')
    clock.pass(1)
    await stage.ask({}, { 'x-claude-code-session-id': 'session-3' })
    expect(stage.keysShown('one').at(-1)).toBe('key-one-1111')
    // The first session has moved, and stays where it is.
    await stage.ask({}, session)
    expect(stage.keysShown('one').at(-1)).toBe('key-two-2222')
  })

  test('pains #26: a key that is refused is used no more, and named by its last four characters alone', async () => {
    const bad = { [KEYS[1] ?? '']: refused }
    await using stage = await createStage([{ name: 'one', play: refusing(bad), row: several }])
    for (const _ of [1, 2, 3, 4, 5, 6]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await stage.ask()).status).toBe(200)
    }
    expect(stage.keysShown('one').filter((key) => key === KEYS[1])).toHaveLength(1)
    const told = stage.lines.map(({ message }) => message).filter((message) => message.includes('left alone'))
    expect(told).toEqual(['the key …2222 of one is left alone for 10 min (auth)'])
    expect(JSON.stringify([stage.lines, stage.calls])).not.toContain('key-two')
    const withTwo = stage.calls.find(({ attempts }) => attempts)
    expect(withTwo?.attempts?.map(({ error }) => error)).toEqual(['auth', undefined])
    expect(withTwo?.attempts?.[0]?.key).toBe('…2222')
  })

  test('pains #26: a key that was refused comes back after a time', async () => {
    const clock = createClock()
    const bad: Record<string, () => ReturnType<typeof json>> = { [KEYS[0] ?? '']: refused }
    const row = { apiKey: KEYS[0] ?? '', apiKeys: KEYS.slice(0, 2) }
    await using stage = await createStage([{ name: 'one', play: refusing(bad), row }], { ports: clock.ports })
    await stage.ask()
    delete bad[KEYS[0] ?? '']
    await stage.ask()
    expect(stage.keysShown('one')).toEqual(['key-one-1111', 'key-two-2222', 'key-two-2222'])
    clock.pass(600_000)
    await Promise.all([stage.ask(), stage.ask()])
    expect(stage.keysShown('one').slice(3)).toContain('key-one-1111')
  })

  test('pains #26: where all keys are limited, the client is told when the first one is ready', async () => {
    const waits = ['50', '20', '40']
    const bad = Object.fromEntries(
      KEYS.map((key, index) => [key, () => json({ error: {} }, 429, { 'retry-after': waits[index] ?? '' })]),
    )
    await using stage = await createStage([{ name: 'one', play: refusing(bad), row: several }])
    await stage.ask()
    const response = await stage.ask()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('20')
    expect(stage.asked()).toEqual([3])
  })

  test('pains #68: what a client brings itself says nothing about the keys of the config', async () => {
    const row = { takes: ['login'] as const, ...several }
    await using stage = await createStage([
      {
        name: 'one',
        play: ({ headers }) =>
          String(headers['x-api-key'] ?? headers['authorization']).includes('sk-ant') ? refused() : { text: 'Hello' },
        row,
      },
      { name: 'two', play: () => ({ text: 'Elsewhere' }) },
    ])
    const response = await stage.ask({}, { 'x-api-key': 'sk-ant-api03-the-users-own-key' })
    // The client gets a new login when it hears this; nobody else is paid instead.
    expect(response.status).toBe(401)
    expect(stage.asked()).toEqual([1, 0])
    expect((await stage.ask()).status).toBe(200)
    expect(stage.asked()).toEqual([2, 0])
    expect(stage.lines.filter(({ message }) => message.includes('left alone'))).toEqual([])
  })
})

describe('pains #27: sessions and keys', () => {
  test('pains #27: 200 requests of 20 sessions stay each on one key, spread evenly; a key that fails moves its sessions once', async () => {
    const clock = createClock()
    const bad: Record<string, () => ReturnType<typeof json>> = {}
    await using stage = await createStage([{ name: 'one', play: refusing(bad), row: several }], { ports: clock.ports })
    const used = new Map<string, string[]>()
    const ask = async (session: string): Promise<void> => {
      await stage.ask({}, { 'x-claude-code-session-id': session })
      const key = stage.keysShown('one').at(-1) ?? ''
      const keys = used.get(session) ?? []
      if (keys.at(-1) !== key) used.set(session, [...keys, key])
    }
    const sessions = Array.from({ length: 20 }, (_, index) => `session-${index}`)
    for (let round = 0; round < 10; round++) {
      if (round === 5) bad[KEYS[1] ?? ''] = limited
      if (round === 6) delete bad[KEYS[1] ?? '']
      if (round === 7) clock.pass(30_000)
      // oxlint-disable-next-line no-await-in-loop -- in an order, so that it can be counted
      for (const session of sessions) await ask(session)
      if (round === 4) {
        const counts = KEYS.map((key) => [...used.values()].filter((keys) => keys[0] === key).length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        expect([...used.values()].every((keys) => keys.length === 1)).toBe(true)
      }
    }
    const moved = [...used.values()].filter((keys) => keys.length > 1)
    expect(moved.every((keys) => keys.length === 2 && keys[0] === KEYS[1])).toBe(true)
    expect(moved.length).toBeGreaterThan(5)
    const counts = KEYS.map((key) => [...used.values()].filter((keys) => keys.at(-1) === key).length)
    expect(Math.abs((counts[0] ?? 0) - (counts[2] ?? 0))).toBeLessThanOrEqual(1)
  })
})
