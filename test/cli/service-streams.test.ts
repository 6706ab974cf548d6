import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk } from './program.ts'
import { startService } from './service.ts'

const STREAMS = 600

test('600 streams of one provider all progress at once through a service', async () => {
  await using desk = await createDesk()
  const gate = Promise.withResolvers<void>()
  await using upstream = await createUpstream((request) => {
    const answer = chatAnswer(request, { text: 'first and last' })
    return { ...answer, pieces: [answer.pieces[0] as string, { until: gate.promise }, ...answer.pieces.slice(1)] }
  })
  await desk.write(CONFIG, configOf(upstream.url))
  await using service = await startService(desk)
  const answers = Array.from({ length: STREAMS }, () => stream(service.url))
  // None ends before all have reached the provider.
  await upstream.request(STREAMS)
  gate.resolve()
  const texts = await Promise.all(answers)
  expect(texts.filter((text) => text.includes('event: message_stop'))).toHaveLength(STREAMS)
}, 60_000)

/** A streamed call over a socket of its own: `fetch` of this process knows no more than 256 at once. */
function stream(url: string): Promise<string> {
  const { hostname, port, host } = new URL(url)
  const messages = [{ role: 'user', content: 'hi' }]
  const body = JSON.stringify({ model: 'm', max_tokens: 9, stream: true, messages })
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.on('end', () => (socket.end(), resolve(text)))
    socket.on('error', reject)
    const head = ['POST /v1/messages HTTP/1.1', `host: ${host}`, 'connection: close', 'content-type: application/json']
    socket.write([...head, `content-length: ${body.length}`, '', body].join('\r\n'))
  })
}
