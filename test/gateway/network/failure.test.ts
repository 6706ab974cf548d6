import { describe, expect, test } from 'bun:test'
import { createServer, type AddressInfo } from 'node:net'
import { explainFailure } from '../../../src/gateway/failure.ts'
import { post, testGateway, testProvider } from '../../helper/gateway.ts'

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const NOT_FOUND = 'nobody.invalid:3128'
const REFUSED = '127.0.0.1:1'

/** A server that says `said` to whatever comes first, and goes, unless it `stays`. */
async function createStranger(said: string, stays = false) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => (stays ? socket.write(said, 'latin1') : socket.end(said, 'latin1')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => void server.close(),
  }
}

/** What a client is told of a call to `baseUrl`, and with what status. */
async function told(baseUrl: string, proxy: string | false = false) {
  const provider = testProvider(baseUrl, 'openai-chat', { proxy })
  const response = await testGateway({ providers: [provider] }).gateway(post('/v1/messages', QUESTION))
  const { error } = (await response.json()) as { error: { message: string } }
  return { status: response.status, message: error.message }
}

describe('a proxy that', () => {
  test.each<[string, string, string, string]>([
    ['is not there', 'http', REFUSED, 'refused the connection'],
    ['is not there (tunnel)', 'https', REFUSED, 'refused the connection'],
    ['nobody knows', 'http', NOT_FOUND, 'has a host name that is not known'],
    ['nobody knows (tunnel)', 'https', NOT_FOUND, 'has a host name that is not known'],
  ])('%s is named instead of api_base_url', async (_, scheme, proxy, words) => {
    const { status, message } = await told(`${scheme}://cloud.invalid`, `http://user:hunter2hunter2@${proxy}`)
    expect(status).toBe(502)
    expect(message).toStartWith(`mock (mock-model): the proxy http://${proxy} ${words}`)
    expect(message).toContain('PROXY_URL')
    expect(message).not.toContain('hunter2')
    expect(message).not.toContain('api_base_url')
  })

  test.each<[string, string, string]>([
    ['asks for a password', 'HTTP/1.1 407 No\r\ncontent-length: 2\r\n\r\nno', 'asks for a user and a password (407)'],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'does not answer as an HTTP proxy does'],
    ['hangs up', '', 'closed the connection'],
  ])('%s is told as such, with a tunnel and without', async (_, said, words) => {
    using stranger = await createStranger(said)
    for (const scheme of ['http', 'https']) {
      const { status, message } = await told(`${scheme}://cloud.invalid`, `http://user:hunter2hunter2@${stranger.host}`)
      expect(status).toBe(502)
      expect(message).toStartWith(`mock (mock-model): the proxy http://${stranger.host} ${words}`)
      expect(message).not.toContain('hunter2')
    }
  })

  test('refuses the tunnel is told with its status', async () => {
    using stranger = await createStranger('HTTP/1.1 503 No\r\n\r\n')
    const { message } = await told('https://cloud.invalid', `http://${stranger.host}`)
    expect(message).toEndWith(
      `the proxy http://${stranger.host} refused to connect to the provider: the proxy answered 503`,
    )
  })

  test('is called by https: and speaks no TLS is told as such', async () => {
    using stranger = await createStranger('HTTP/1.1 400 Bad Request\r\n\r\n')
    const { message } = await told('https://cloud.invalid', `https://${stranger.host}`)
    expect(message).toContain(`the proxy https://${stranger.host} does not speak TLS`)
  })
})

describe('a provider that', () => {
  test('is called by https: and speaks none is told as such', async () => {
    using stranger = await createStranger('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await told(`https://${stranger.host}`)).toEqual({
      status: 502,
      message: `mock (mock-model): ${stranger.host} does not speak TLS: does api_base_url need \`http:\` instead of \`https:\`?`,
    })
  })

  test('hangs up instead of beginning TLS is told as such, with its host', async () => {
    using stranger = await createStranger('')
    expect((await told(`https://${stranger.host}`)).message).toBe(
      `mock (mock-model): ${stranger.host} closed the connection before it was secure: is api_base_url right?`,
    )
  })

  test.each<[string, string]>([
    ['an alert', '\x15\x03\x01\x00\x02\x02\x46'],
    ['a sentence of Go’s', sentence('Client sent an HTTP request to an HTTPS server.')],
    ['a page of nginx’s', sentence('<center>The plain HTTP request was sent to HTTPS port</center>')],
  ])('is called by http: and wants TLS, which it tells by %s, is told as such', async (_, said) => {
    using stranger = await createStranger(said, true)
    expect(await told(`http://${stranger.host}`)).toEqual({
      status: 502,
      message: 'mock (mock-model): the server speaks TLS there: does api_base_url need `https:` instead of `http:`?',
    })
  })

  test('closes the connection at the port of https: is told as such', () => {
    const closed = Object.assign(new Error('closed'), { code: 'ConnectionClosed' })
    const who = { provider: 'mock', model: 'mock-model' }
    const messageAt = (url: string): string => explainFailure(closed, who, new URL(url).host).message
    expect(messageAt('http://api.example:443/v1')).toContain('does api_base_url need `https:`')
    expect(messageAt('https://api.example:443/v1')).toContain('closed before the answer was complete')
  })

  test.each<[string, string, string]>([
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n', 'HOST does not speak HTTP/1: is api_base_url right?'],
    ['speaks HTTP/2 alone', '\0\0\x06\x04\0\0\0\0\0', 'HOST does not speak HTTP/1: is api_base_url right?'],
    [
      'gives no length that is one',
      'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
      'the answer of HOST cannot be read as HTTP: the server gives its answer the length -1',
    ],
    [
      'gives no chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      'the answer of HOST cannot be read as HTTP: the length of a chunk of the answer is no number',
    ],
  ])('%s is told at once, with its host', async (_, said, words) => {
    using stranger = await createStranger(said, true)
    const { message } = await told(`http://${stranger.host}`)
    expect(message).toBe(`mock (mock-model): ${words.replace('HOST', stranger.host)}`)
  })

  test('needs another version of TLS is told with what TLS says', async () => {
    using stranger = await createStranger('\x15\x03\x03\x00\x02\x02\x46')
    const { message } = await told(`https://${stranger.host}`)
    expect(message).toContain('TLSV1_ALERT_PROTOCOL_VERSION')
  })
})

function sentence(text: string): string {
  return `HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: ${text.length}\r\n\r\n${text}`
}
