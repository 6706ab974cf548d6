import { describe, expect, test } from 'bun:test'
import { insertAfter, json, silence } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { USAGE } from '../../helper/turn.ts'
import { createStage, type Play } from './stage.ts'

const ok: Play = () => ({ text: 'Hello' })
const late =
  (ms: number): Play =>
  async () => {
    await Bun.sleep(ms)
    return { text: 'Late' }
  }
const hedged = { config: { hedgeAfterMs: 30 } }

describe.each([true, false])('hedging (stream: %p)', (stream) => {
  test('asks a second target when the first is silent; who begins first wins, the other call is ended', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: () => silence() },
        { name: 'two', play: ok },
      ],
      hedged,
    )
    const response = await stage.ask({ stream })
    expect(response.headers.get('x-ccr-model')).toBe('two,two-model')
    expect(response.headers.get('x-ccr-reason')).toContain('one,one-model was not the first to answer')
    expect(await response.text()).toContain('Hello')
    expect(await stage.upstreams['one']?.requests[0]?.settled).toBe('aborted')
    const [record] = stage.calls
    expect(record).toMatchObject({ provider: 'two', fallback: true, status: 200 })
    expect(record?.usage?.output).toBeGreaterThan(0)
    expect(record?.attempts?.map(({ provider, error }) => `${provider} ${error}`).toSorted()).toEqual([
      'one aborted',
      'two undefined',
    ])
  })

  test.if(stream)('accounts for what the call that was ended has taken', async () => {
    const begins: Play = (request) =>
      insertAfter(answerTurn(request, { text: 'Hello' }), 1, { until: new Promise(() => {}) })
    await using stage = await createStage(
      [
        { name: 'one', protocol: 'anthropic-messages', play: begins },
        { name: 'two', play: ok },
      ],
      hedged,
    )
    await (await stage.ask({ stream })).text()
    const lost = stage.calls[0]?.attempts?.find(({ provider }) => provider === 'one')
    expect(lost).toMatchObject({ error: 'aborted', usage: { input: USAGE.input } })
  })

  test('asks nobody else where the first is quick', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: ok },
        { name: 'two', play: ok },
      ],
      hedged,
    )
    expect(await (await stage.ask({ stream })).text()).toContain('Hello')
    expect(stage.asked()).toEqual([1, 0])
    expect(stage.calls[0]).toMatchObject({ provider: 'one', fallback: false })
    expect(stage.calls[0]?.attempts).toBeUndefined()
  })

  test('waits for the first where the second fails', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: late(120) },
        { name: 'two', play: () => json({ error: { message: 'no' } }, 401) },
      ],
      hedged,
    )
    const response = await stage.ask({ stream })
    expect(await response.text()).toContain('Late')
    expect(response.headers.get('x-ccr-model')).toBe('one,one-model')
  })

  test('goes on along the chain where both fail', async () => {
    const refuse: Play = async () => {
      await Bun.sleep(60)
      return json({ error: { message: 'no' } }, 402)
    }
    await using stage = await createStage(
      [
        { name: 'one', play: refuse },
        { name: 'two', play: refuse },
        { name: 'three', play: ok },
      ],
      hedged,
    )
    const response = await stage.ask({ stream })
    expect(await response.text()).toContain('Hello')
    expect(stage.asked()).toEqual([1, 1, 1])
    expect(stage.calls[0]).toMatchObject({ provider: 'three', fallback: true })
  })

  test('ends both when the client goes away', async () => {
    await using stage = await createStage(
      [
        { name: 'one', play: () => silence() },
        { name: 'two', play: () => silence() },
      ],
      hedged,
    )
    const client = new AbortController()
    const pending = stage.ask({ stream }, {}, client.signal)
    const both = await Promise.all(Object.values(stage.upstreams).map((upstream) => upstream.request()))
    client.abort()
    expect(await Promise.all(both.map(({ settled }) => settled))).toEqual(['aborted', 'aborted'])
    expect((await pending).status).toBe(499)
  })
})
