import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { CONFIG, configOf, createDesk } from '../cli/program.ts'
import { ask, startService } from '../cli/service.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'

const MEGABYTE = 1 << 20
const CHUNK = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MEGABYTE, 'x'), Buffer.from('\r\n')])

test.each([
  ['/v1/messages', { type: 'error', error: { type: 'request_too_large', message: expect.stringContaining('256 MB') } }],
  ['/v1/chat/completions', { error: { code: 'request_too_large', message: expect.stringContaining('256 MB') } }],
])(
  'a body without a length is refused at 256 MB in the words of %s, and others are served',
  async (path, words) => {
    await using desk = await createDesk()
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello' }))
    await desk.write(CONFIG, configOf(upstream.url))
    await using service = await startService(desk)
    const { answer, sent } = await sendWithoutEnd(service.port, path)
    expect(answer).toStartWith('HTTP/1.1 413 ')
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject(words)
    expect(sent).toBeWithin(256, 300)
    expect((await ask(service.url)).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
  },
  30_000,
)

/** Sends a chunked body until it is answered; gives how many megabytes that took. */
async function sendWithoutEnd(port: number, path: string): Promise<{ answer: string; sent: number }> {
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let answer = ''
  socket.on('data', (data) => (answer += String(data)))
  const head = [`POST ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, 'content-type: application/json']
  socket.write([...head, 'transfer-encoding: chunked', '', ''].join('\r\n'))
  let sent = 0
  for (; answer === '' && sent < 600; sent++) {
    const drained = new Promise<void>((resolve) => socket.once('drain', resolve))
    // oxlint-disable-next-line no-await-in-loop -- as fast as it is read
    await Promise.race([socket.write(CHUNK) ? new Promise(setImmediate) : drained, closed])
  }
  socket.destroy()
  return { answer, sent }
}
