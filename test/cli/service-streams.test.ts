import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createCertificates } from '../gateway/network/certificates.ts'
import { chatAnswer, chatFrames } from '../helper/turn-chat.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk, type Desk, readUntil } from './program.ts'
import { startService } from './service.ts'

const STREAMS = 600
const BEGIN = 'event: content_block_delta'

/** Runs `streams` calls at once, none of which ends before all have reached the provider; gives what the clients got. */
async function play(start: (desk: Desk) => Promise<Started>): Promise<string[]> {
  await using desk = await createDesk()
  const gate = Promise.withResolvers<void>()
  await using upstream = await createUpstream((request) => {
    const answer = chatAnswer(request, { text: 'first and last' })
    return { ...answer, pieces: [...answer.pieces.slice(0, 2), { until: gate.promise }, ...answer.pieces.slice(2)] }
  })
  await desk.write(CONFIG, configOf(upstream.url))
  await using service = await start(desk)
  let begun = 0
  const all = Promise.withResolvers<void>()
  const answers = Array.from({ length: STREAMS }, () =>
    stream(service.url, () => {
      if (++begun === STREAMS) all.resolve()
    }),
  )
  // Each has the beginning of its answer, and none its end.
  await Promise.race([all.promise, Promise.all(answers)])
  expect(begun).toBe(STREAMS)
  gate.resolve()
  return await Promise.all(answers)
}

interface Started extends AsyncDisposable {
  readonly url: string
}

async function startInForeground(desk: Desk): Promise<Started> {
  const child = await desk.spawn(['start', '--port', '0'])
  const url = /http:\/\/\S+:\d+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

test.each([
  ['a service in the background', (desk: Desk) => startService(desk)],
  ['`ccr start` in the foreground', startInForeground],
])(
  '600 streams of one provider all progress at once through %s',
  async (_, start) => {
    const texts = await play(start)
    expect(texts.filter((text) => text.includes('event: message_stop'))).toHaveLength(STREAMS)
  },
  60_000,
)

test.skipIf(!Bun.which('openssl'))(
  'TLS is checked in the executable, whoever asks how often',
  async () => {
    await using desk = await createDesk()
    await using certificates = await createCertificates()
    const { cert, key } = certificates
    const gate = Promise.withResolvers<void>()
    let asked = 0
    await using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      tls: { cert, key },
      async fetch(request) {
        await request.text()
        if (++asked === 20) gate.resolve()
        await gate.promise
        return new Response(chatFrames({ text: 'over TLS' }).join(''), {
          headers: { 'content-type': 'text/event-stream' },
        })
      },
    })
    const url = `https://127.0.0.1:${server.port}`
    await desk.write(CONFIG, configOf(url, { CA_FILES: certificates.authority }))
    await using trusting = await startService(desk)
    const texts = await Promise.all(Array.from({ length: 20 }, () => stream(trusting.url, () => {})))
    expect(texts.filter((text) => text.includes('event: message_stop'))).toHaveLength(20)

    await desk.write('distrust.json', configOf(url))
    const config = ['--config', join(desk.root, 'distrust.json')]
    await using distrusting = await startService(desk, ['--port', '0', ...config])
    const refused = await Promise.all(Array.from({ length: 20 }, () => stream(distrusting.url, () => {})))
    expect(refused.filter((text) => text.includes('is not trusted'))).toHaveLength(20)
  },
  60_000,
)

/** A streamed call over a socket of its own: `fetch` of this process knows no more than 256 at once. */
function stream(url: string, onBegin: () => void): Promise<string> {
  const { hostname, port, host } = new URL(url)
  const messages = [{ role: 'user', content: 'hi' }]
  const body = JSON.stringify({ model: 'm', max_tokens: 9, stream: true, messages })
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      const before = text
      text += String(chunk)
      if (!before.includes(BEGIN) && text.includes(BEGIN)) onBegin()
    })
    socket.on('end', () => (socket.end(), resolve(text)))
    socket.on('error', reject)
    const head = ['POST /v1/messages HTTP/1.1', `host: ${host}`, 'connection: close', 'content-type: application/json']
    socket.write([...head, `content-length: ${body.length}`, '', body].join('\r\n'))
  })
}
