import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { ConfigError } from '../../../src/config/diagnostic.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { post, testGateway } from '../../helper/gateway.ts'
import { createCertificates, type Certificates } from './certificates.ts'

const QUESTION = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
const REPLY = { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }] }

if (!Bun.which('openssl')) console.warn('openssl is not installed, so the tests of authorities are skipped.')

// An address and a name are reached in two ways.
const SERVERS = [
  { own: '127.0.0.1', subject: 'IP:127.0.0.1', other: 'localhost' },
  { own: 'localhost', subject: 'DNS:localhost', other: '127.0.0.1' },
]

describe.skipIf(!Bun.which('openssl')).each(SERVERS)(
  'a server at $own whose certificate only its company knows',
  ({ own, subject, other }) => {
    let certificates: Certificates
    let server: Bun.Server<undefined>

    beforeAll(async () => {
      certificates = await createCertificates(subject)
      const { cert, key } = certificates
      const authority = await Bun.file(certificates.authority).text()
      const written = {
        'cut.pem': authority.slice(0, 200),
        'damaged.pem': authority.replace(/^MII/m, 'AAA'),
        'bundle.pem': `${authority.slice(0, 200)}\n# Ours\r\n${authority}`,
        'trusted.pem': authority.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
        'ca.der': Buffer.from(authority.replaceAll(/-----.*-----/g, ''), 'base64'),
      }
      for (const [name, text] of Object.entries(written)) await Bun.write(join(certificates.directory, name), text)
      server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: { cert, key }, fetch: () => Response.json(REPLY) })
    })
    afterAll(async () => {
      await server.stop(true)
      await certificates[Symbol.asyncDispose]()
    })

    const load = async (config: object, provider: object, host = own) => {
      const file = join(certificates.directory, 'config.json')
      const entry = {
        name: 'p',
        api_base_url: `https://${host}:${server.port}/v1`,
        api_key: 'k-1234567890',
        models: ['m'],
        ...provider,
      }
      await Bun.write(file, JSON.stringify({ ...config, Providers: [entry] }))
      return loadConfig({ file, env: {}, home: certificates.directory })
    }
    const ask = async (config: object, provider: object = {}, host?: string): Promise<[number, string]> => {
      const { gateway } = testGateway({ providers: (await load(config, provider, host)).providers })
      const response = await gateway(post('/v1/messages', QUESTION))
      return [response.status, await response.text()]
    }

    test('is not trusted, and the error says which host and what to set', async () => {
      const [status, text] = await ask({})
      expect(status).toBe(502)
      expect(text).toContain(`the certificate of ${own}:${server.port} is not trusted`)
      expect(text).toContain('CA_FILES')
    })

    test.each<[string, object, object]>([
      ['CA_FILES, a path from the config’s folder', { CA_FILES: 'ca.pem' }, {}],
      ['CA_FILES, a list', { CA_FILES: ['~/ca.pem'] }, {}],
      ['`ca` of the provider', {}, { ca: './ca.pem' }],
      ['a file in OpenSSL’s own form', { CA_FILES: 'trusted.pem' }, {}],
      ['both', { CA_FILES: ['ca.pem'] }, { ca: ['ca.pem'] }],
    ])('is trusted by %s', async (_, config, provider) => {
      expect((await ask(config, provider))[0]).toBe(200)
      expect((await ask(config, provider))[0]).toBe(200)
    })

    test('is trusted by the rest of a file in which a certificate is cut off, which is told', async () => {
      const { warnings } = await load({ CA_FILES: 'bundle.pem' }, {})
      expect(warnings.map(({ message }) => message)).toContain(
        `certificate 1 of ${join(certificates.directory, 'bundle.pem')} is damaged or cut off, and cannot be used`,
      )
      expect((await ask({ CA_FILES: 'bundle.pem' }))[0]).toBe(200)
    })

    test('is trusted through the tunnel of a proxy, which gets the user and password of its URL and nothing else', async () => {
      await using proxy = await createTunnel(Number(server.port))
      const { providers } = await load({ CA_FILES: 'ca.pem' }, {})
      const through = providers.map((provider) => ({ ...provider, proxy: `http://user:p%20w@127.0.0.1:${proxy.port}` }))
      const { gateway } = testGateway({ providers: through })
      expect((await gateway(post('/v1/messages', QUESTION))).status).toBe(200)
      expect(proxy.heads).toHaveLength(1)
      expect(proxy.heads[0]).toStartWith(`CONNECT ${own}:${server.port} HTTP/1.1\r\n`)
      expect(proxy.heads[0]).toMatch(new RegExp(`\r\nproxy-authorization: Basic ${btoa('user:p w')}\r\n`, 'i'))
      expect(proxy.heads[0]).not.toContain('k-1234567890')
    })

    test('is not trusted for a name that is not its own', async () => {
      const [status, text] = await ask({ CA_FILES: 'ca.pem' }, {}, other)
      expect(status).toBe(502)
      expect(text).toContain(`the certificate of ${other}:${server.port} is not trusted`)
      expect(text).toContain('for another host')
    })

    test.each<[string, object, string]>([
      ['a file that is not there', { CA_FILES: 'none.pem' }, 'none.pem cannot be read (ENOENT)'],
      ['a file without a certificate', { CA_FILES: ['ca.pem', 'names'] }, 'holds no certificate in PEM form'],
      ['a certificate that is cut off', { CA_FILES: 'cut.pem' }, 'the certificate of '],
      ['a certificate that is damaged', { CA_FILES: 'damaged.pem' }, 'damaged.pem is damaged or cut off'],
      ['a certificate in binary form', { CA_FILES: 'ca.der' }, 'openssl x509 -inform der'],
      ['something else than paths', { CA_FILES: { a: 1 } }, 'expected a path or a list of paths'],
    ])('%s is told when the config is read', async (_, config, message) => {
      const failure = await load(config, {}).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ConfigError)
      expect((failure as ConfigError).message).toContain(message)
    })
  },
)

/** A proxy that leads every tunnel to `port` of this machine. */
async function createTunnel(port: number) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    socket.on('error', () => socket.destroy())
    sockets.add(socket)
    return socket
  }
  const listener = createServer((client) => {
    keep(client).once('data', (head) => {
      heads.push(String(head))
      const upstream = keep(
        connect(port, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n')
          client.pipe(upstream).pipe(client)
        }),
      )
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    heads,
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
