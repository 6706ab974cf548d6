import { describe, expect, test } from 'bun:test'
import type { Deadlines } from '../../../src/provider/provider.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'
import { createBlackHole, createFaultServer, type FaultServer } from './fault-server.ts'

const LIMITS: Deadlines = { connectMs: 300, firstByteMs: 500, idleMs: 400 }
/** Above the longest of the limits: a slow machine may be late, but not by another deadline. */
const PATIENCE_MS = 1500

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const REPLY = JSON.stringify({
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
})
const GOOD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${REPLY.length}\r\n\r\n${REPLY}`
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const PIECE = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n'
const END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
const CHUNK = `${PIECE.length.toString(16)}\r\n${PIECE}\r\n`

interface Fault {
  readonly name: string
  readonly server: () => Promise<FaultServer>
  readonly scheme?: 'https'
  readonly deadline: string
  readonly limitMs: number
}

const answers = (text: string) => () => createFaultServer(({ socket }) => socket.write(text))

const FAULTS: readonly Fault[] = [
  { name: 'does not accept the connection', server: createBlackHole, deadline: 'timeouts.connect', limitMs: 300 },
  { name: 'does not answer TLS', server: answers(''), scheme: 'https', deadline: 'timeouts.connect', limitMs: 300 },
  { name: 'accepts and sends nothing', server: answers(''), deadline: 'timeouts.firstByte', limitMs: 500 },
  { name: 'sends headers only', server: answers(HEAD), deadline: 'timeouts.idle', limitMs: 400 },
  { name: 'stalls in mid-stream', server: answers(HEAD + CHUNK), deadline: 'timeouts.idle', limitMs: 400 },
]

describe.each(FAULTS)('pains #54: a server that $name', ({ server, scheme = 'http', deadline, limitMs }) => {
  test.each([true, false])(`ends with the deadline ${deadline}, streamed: %p`, async (stream) => {
    await using fault = await server()
    const provider = testProvider(`${scheme}://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })
    const { gateway, calls } = testGateway({ providers: [provider] })
    const started = performance.now()
    const response = await gateway(post('/v1/messages', { ...QUESTION, stream }))
    const text = await response.text()
    const took = performance.now() - started
    expect(text).toContain(deadline)
    expect(text).toContain('mock (mock-model)')
    expect(calls[0]?.error).toBeDefined()
    expect(took).toBeGreaterThan(limitMs - 20)
    expect(took).toBeLessThan(limitMs + PATIENCE_MS)
    if (!text.includes('event: ')) expect(response.status).toBe(504)
  })
})

describe('the whole call', () => {
  test('ends at timeouts.total though pieces keep coming', async () => {
    await using fault = await createFaultServer(({ socket }) => {
      socket.write(HEAD)
      const timer = setInterval(() => socket.write(CHUNK), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const provider = testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', {
      deadlines: { ...LIMITS, totalMs: 250 },
    })
    const { gateway } = testGateway({ providers: [provider] })
    const text = await (await gateway(post('/v1/messages', { ...QUESTION, stream: true }))).text()
    expect(text).toContain('Hello')
    expect(text).toContain('timeouts.total')
  })

  test('a client that reads slowly is not mistaken for a silent provider', async () => {
    await using fault = await createFaultServer(({ socket }) =>
      socket.end(`${HEAD}${CHUNK}${END.length.toString(16)}\r\n${END}\r\n0\r\n\r\n`),
    )
    const provider = testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: { idleMs: 50 } })
    const { gateway } = testGateway({ providers: [provider] })
    const response = await gateway(post('/v1/messages', { ...QUESTION, stream: true }))
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += new TextDecoder().decode(piece.value)
      // oxlint-disable-next-line no-await-in-loop -- the slowness is what is tested
      await Bun.sleep(120)
    }
    expect(text).toContain('Hello')
    expect(text).not.toContain('timeouts.')
  })

  test('a limit beyond what timers know is no limit of none', async () => {
    await using fault = await createFaultServer(({ socket }) => socket.write(GOOD))
    const provider = testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', {
      deadlines: { firstByteMs: 1e12, idleMs: 1e12 },
    })
    const { gateway } = testGateway({ providers: [provider] })
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(200)
  })
})

describe('pains #54: a kept-alive connection', () => {
  const reused = (onReuse: 'reset' | 'end' | 'silence') =>
    createFaultServer(({ socket, connection, turn }) => {
      // Later than the end of the request: an answer that overtakes it ends the connection.
      if (connection > 1 || turn === 1) setTimeout(() => socket.write(GOOD), 20)
      else if (onReuse === 'reset') socket.resetAndDestroy()
      else if (onReuse === 'end') socket.destroy()
    })

  test.each(['reset', 'end'] as const)('that is dead (%s) costs one more call on a fresh one', async (way) => {
    await using fault = await reused(way)
    const { gateway, lines } = testGateway({
      providers: [testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })],
    })
    for (const _ of [1, 2]) {
      // oxlint-disable-next-line no-await-in-loop -- the second call shall reuse the first one's connection
      const response = await gateway(post('/v1/messages', QUESTION))
      // oxlint-disable-next-line no-await-in-loop
      expect(await response.json()).toMatchObject({ content: [{ text: 'Hi' }] })
    }
    expect(fault.connections()).toBe(2)
    expect(lines.filter(({ message }) => message.includes('fresh'))).toHaveLength(1)
  })

  test('whose server is silent ends with timeouts.firstByte', async () => {
    await using fault = await reused('silence')
    const { gateway } = testGateway({
      providers: [testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })],
    })
    expect(await (await gateway(post('/v1/messages', QUESTION))).json()).toMatchObject({ content: [{ text: 'Hi' }] })
    const started = performance.now()
    const response = await gateway(post('/v1/messages', QUESTION))
    expect(response.status).toBe(504)
    expect(await response.text()).toContain('timeouts.firstByte')
    expect(performance.now() - started).toBeLessThan(500 + PATIENCE_MS)
    expect(fault.connections()).toBe(1)
  })

  test('a reset on a connection that was never used before is told, and nothing is sent twice', async () => {
    await using fault = await createFaultServer(({ socket }) => socket.resetAndDestroy())
    const { gateway } = testGateway({
      providers: [testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })],
    })
    const response = await gateway(post('/v1/messages', QUESTION))
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('was reset')
    expect(fault.connections()).toBe(1)
  })

  test('two dead ones in a row are told', async () => {
    let served = 0
    await using fault = await createFaultServer(({ socket }) => {
      if (served++ > 0) socket.resetAndDestroy()
      else socket.write(GOOD)
    })
    const { gateway } = testGateway({
      providers: [testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })],
    })
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(200)
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(502)
    expect(served).toBe(3)
  })

  test('a reset after the answer has begun is told, and nothing is sent twice', async () => {
    let served = 0
    await using fault = await createFaultServer(({ socket }) => {
      if (served++ === 0) socket.write(GOOD)
      else socket.write(GOOD.slice(0, -5), () => socket.resetAndDestroy())
    })
    const { gateway } = testGateway({
      providers: [testProvider(`http://127.0.0.1:${fault.port}`, 'openai-chat', { deadlines: LIMITS })],
    })
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(200)
    expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(502)
    expect(served).toBe(2)
  })
})
