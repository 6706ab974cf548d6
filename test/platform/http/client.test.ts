import { describe, expect, test } from 'bun:test'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createHttpClient } from '../../../src/platform/http/client.ts'
import type { FetchInit, HttpReply } from '../../../src/platform/ports.ts'
import { createFaultServer } from '../../gateway/network/fault-server.ts'

const fetch = (): ReturnType<typeof createHttpClient> =>
  createHttpClient(
    () => performance.now(),
    () => undefined,
  )

function init(more: Partial<FetchInit> = {}): FetchInit {
  return { method: 'POST', headers: {}, body: 'a body', signal: new AbortController().signal, proxy: false, ...more }
}

const answer = (body: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`

/** What goes over each connection of a server, which answers each request with what `reply` gives. */
async function createScribe(reply: (request: string, nth: number) => string | undefined, host = '127.0.0.1') {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
      if (head < 0 || text.length < head + 4 + length) return
      requests.push(text)
      text = ''
      const answered = reply(requests.at(-1) as string, requests.length)
      if (answered !== undefined) socket.write(answered, 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    requests,
    sockets,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

describe('a request', () => {
  test('goes out with its method, path, query, headers and body, and what every server expects', async () => {
    await using server = await createScribe(() => answer('ok'))
    const headers = { 'X-Api-Key': ' key\n', accept: 'application/json', 'Content-Length': '999', connection: 'close' }
    const url = `http://127.0.0.1:${server.port}/v1/a%20b?x=1&y=ä#part`
    expect(await (await fetch()(url, init({ headers, body: 'naïve 日本' }))).text()).toBe('ok')
    const [head, body] = (server.requests[0] as string).split('\r\n\r\n') as [string, string]
    expect(head.split('\r\n').toSorted()).toEqual(
      [
        'POST /v1/a%20b?x=1&y=%C3%A4 HTTP/1.1',
        `host: 127.0.0.1:${server.port}`,
        `user-agent: Bun/${Bun.version}`,
        'accept-encoding: gzip, deflate, br, zstd',
        'x-api-key: key',
        'accept: application/json',
        'content-length: 13',
      ].toSorted(),
    )
    expect(Buffer.from(body, 'latin1').toString()).toBe('naïve 日本')
  })

  test('to the root of a host has a path', async () => {
    await using server = await createScribe(() => answer('ok'))
    await fetch()(`http://user:p%40ss@127.0.0.1:${server.port}?q=1`, init({ method: 'GET' }))
    expect(server.requests[0]).toStartWith('GET /?q=1 HTTP/1.1\r\n')
    expect(server.requests[0]).toContain(`\r\nauthorization: Basic ${btoa('user:p@ss')}\r\n`)
    expect(server.requests[0]).not.toContain('content-length')
  })

  test.each([
    ['a value with a line break', { 'x-a': 'b\r\nx-evil: c' }],
    ['a value beyond Latin-1', { 'x-a': '日本' }],
    ['a value with a zero', { 'x-a': 'a\0b' }],
    ['a name with a line break', { 'x-a: b\r\nx-evil': 'c' }],
    ['a name with a space', { 'x a': 'b' }],
    ['no name', { '': 'b' }],
  ])('whose header has %s is not sent, and the error does not tell the value', async (_, headers) => {
    await using server = await createScribe(() => answer('ok'))
    const failure = await fetch()(`http://127.0.0.1:${server.port}/`, init({ headers })).catch(
      (cause: unknown) => cause,
    )
    expect(failure).toBeInstanceOf(TypeError)
    expect((failure as Error).message).toContain('cannot be sent')
    expect((failure as Error).message).not.toContain('日本')
    expect(server.sockets.size).toBe(0)
  })

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense'])('to %s is refused', async (url) => {
    expect(fetch()(url, init())).rejects.toBeInstanceOf(TypeError)
  })

  test('that is larger than the system takes at once arrives whole', async () => {
    const body = 'x'.repeat(20_000_000)
    await using server = await createScribe((request) =>
      answer(String(request.length - request.indexOf('\r\n\r\n') - 4)),
    )
    expect(await (await fetch()(`http://127.0.0.1:${server.port}/`, init({ body }))).text()).toBe('20000000')
  })

  test.each(['127.0.0.1', '::1'])('to localhost finds a server that listens at %s alone', async (host) => {
    await using server = await createScribe(() => answer('ok'), host)
    expect(await (await fetch()(`http://localhost:${server.port}/`, init())).text()).toBe('ok')
  })

  test('to an IPv6 address is sent', async () => {
    await using server = await createScribe(() => answer('ok'), '::1')
    expect(await (await fetch()(`http://[::1]:${server.port}/`, init())).text()).toBe('ok')
    expect(server.requests[0]).toContain(`\r\nhost: [::1]:${server.port}\r\n`)
  })
})

describe('in TLS', () => {
  /** What a client says first. */
  const helloTo = async (host: string): Promise<Buffer> => {
    const hello = Promise.withResolvers<Buffer>()
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', (bytes: Buffer) => {
        hello.resolve(bytes)
        socket.destroy()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, host === '[::1]' ? '::1' : '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await fetch()(`https://${host}:${port}/`, init()).catch(() => undefined)
    await new Promise<void>((resolve) => server.close(() => resolve()))
    return hello.promise
  }

  test('a server is called by its name, and asked for HTTP/1.1 alone', async () => {
    const hello = await helloTo('localhost')
    expect(hello.includes('localhost')).toBe(true)
    expect(hello.includes('\x08http/1.1')).toBe(true)
    expect(hello.includes('\x02h2')).toBe(false)
  })

  test.each(['127.0.0.1', '[::1]'])('%s is an address, and no name', async (host) => {
    const hello = await helloTo(host)
    expect(hello.includes(host.replace(/[[\]]/g, ''))).toBe(false)
    expect(hello.includes('\x08http/1.1')).toBe(true)
  })
})

describe('a connection', () => {
  const ask = async (url: string, times: number): Promise<string[]> => {
    const client = fetch()
    const texts: string[] = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let index = 0; index < times; index++) texts.push(await (await client(url, init())).text())
    return texts
  }

  test.each([
    ['is kept for the next request', '', 1],
    ['that the server closes is not', 'connection: close\r\n', 3],
    ['is not kept for longer than the server keeps it', 'keep-alive: timeout=1\r\n', 3],
    ['is kept where the server keeps it for long', 'keep-alive: timeout=60, max=100\r\n', 1],
  ])('%s', async (_, headers, connections) => {
    await using server = await createScribe((_request, nth) => answer(`answer ${nth}`, headers))
    expect(await ask(`http://127.0.0.1:${server.port}/`, 3)).toEqual(['answer 1', 'answer 2', 'answer 3'])
    expect(server.sockets.size).toBe(connections)
  })

  test('on which something comes that nobody asked for is not used again', async () => {
    await using server = await createScribe((_request, nth) => answer(`answer ${nth}`))
    const client = fetch()
    const url = `http://127.0.0.1:${server.port}/`
    expect(await (await client(url, init())).text()).toBe('answer 1')
    const [socket] = server.sockets
    const closed = new Promise((resolve) => socket?.once('close', resolve))
    socket?.write(answer('stale'))
    await closed
    expect(await (await client(url, init())).text()).toBe('answer 2')
    expect(server.sockets.size).toBe(2)
  })

  test('serves one request at a time', async () => {
    await using server = await createScribe((request) => answer(/POST (\S+)/.exec(request)?.[1] as string))
    const client = fetch()
    const paths = Array.from({ length: 300 }, (_unused, index) => `/${index}`)
    const url = `http://127.0.0.1:${server.port}`
    const texts = await Promise.all(paths.map(async (path) => (await client(url + path, init())).text()))
    expect(texts).toEqual(paths)
    expect(server.sockets.size).toBe(300)
  })

  test('is told to be up before the request goes', async () => {
    await using server = await createScribe(() => answer('ok'))
    let requests = -1
    const onConnected = (): void => void (requests = server.requests.length)
    await fetch()(`http://127.0.0.1:${server.port}/`, init({ onConnected }))
    expect(requests).toBe(0)
    requests = -1
    const refused = fetch()('http://127.0.0.1:1/', init({ onConnected })).catch((cause: unknown) => cause)
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
    expect(requests).toBe(-1)
  })

  test('ends an answer whose end nothing else tells', async () => {
    await using server = await createFaultServer(({ socket }) => {
      socket.write('HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nhello ')
      setTimeout(() => socket.end('world'), 5)
    })
    expect(await (await fetch()(`http://127.0.0.1:${server.port}/`, init())).text()).toBe('hello world')
  })

  test('that is reset does not end such an answer well', async () => {
    await using server = await createFaultServer(({ socket }) => {
      socket.write('HTTP/1.0 200 OK\r\n\r\nhello ')
      setTimeout(() => socket.resetAndDestroy(), 5)
    })
    const reply = await fetch()(`http://127.0.0.1:${server.port}/`, init())
    expect(await reply.text().catch((cause: unknown) => cause)).toMatchObject({ code: 'ECONNRESET' })
  })

  test('whose answer breaks the protocol is closed', async () => {
    await using server = await createFaultServer(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'),
    )
    const failed = fetch()(`http://127.0.0.1:${server.port}/`, init()).catch((cause: unknown) => cause)
    expect((await failed) as Error).toHaveProperty('message', 'the server gives its answer the length x')
  })
})

describe('who gives a request up', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'

  test.each([
    ['before the answer', undefined],
    ['in mid-answer', HEAD],
  ])('%s ends its connection, and gets the reason', async (_, said) => {
    const closed = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    await using server = await createFaultServer(({ socket }) => {
      socket.on('close', () => closed.resolve())
      if (said !== undefined) socket.write(said)
      asked.resolve()
    })
    const abort = new AbortController()
    const pending = fetch()(`http://127.0.0.1:${server.port}/`, init({ signal: abort.signal }))
    await asked.promise
    const reason = new Error('enough')
    const rest = pending.then(async (reply) => {
      const reader = reply.body?.getReader()
      await reader?.read()
      setTimeout(() => abort.abort(reason), 5)
      return reader?.read()
    })
    if (said === undefined) abort.abort(reason)
    expect(await rest.catch((cause: unknown) => cause)).toBe(reason)
    await closed.promise
  })

  test('before it begins opens no connection, and spoils none', async () => {
    await using server = await createScribe(() => answer('ok'))
    const client = fetch()
    const url = `http://127.0.0.1:${server.port}/`
    const failed = (): Promise<unknown> =>
      client(url, init({ signal: AbortSignal.abort('never mind') })).catch((cause: unknown) => cause)
    expect(await failed()).toBe('never mind')
    expect(server.sockets.size).toBe(0)
    await (await client(url, init())).text()
    expect(await failed()).toBe('never mind')
    await (await client(url, init())).text()
    expect(server.requests).toHaveLength(2)
    expect(server.sockets.size).toBe(1)
  })

  test('by not reading on ends its connection', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await createFaultServer(({ socket }) => {
      socket.on('close', () => closed.resolve())
      socket.write(HEAD)
    })
    const reply: HttpReply = await fetch()(`http://127.0.0.1:${server.port}/`, init())
    await reply.body?.cancel()
    await closed.promise
  })
})

test('who reads slowly slows the server down', async () => {
  const total = 64 * 1_048_576
  let written = 0
  await using server = await createFaultServer(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`)
    const piece = Buffer.alloc(65_536)
    const writeOn = (): void => {
      while (written < total && socket.write(piece)) written += piece.length
      if (written < total) {
        written += piece.length
        socket.once('drain', writeOn)
      }
    }
    writeOn()
  })
  const reply = await fetch()(`http://127.0.0.1:${server.port}/`, init())
  const reader = reply.body?.getReader()
  await reader?.read()
  // Long enough for a server that nobody slows down to send everything.
  for (let before = -1; before !== written; await Bun.sleep(50)) before = written
  expect(written).toBeLessThan(total / 2)
  let read = 0
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) read += next.value?.length ?? 0
  expect(read).toBeGreaterThan(total / 2)
})
