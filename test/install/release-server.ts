import { createServer, type Socket } from 'node:net'
import { tarGz } from '../../.ci/archive.ts'

/** What the server says to a request. */
export interface Reply {
  /** 200 unless named. */
  readonly status?: number
  readonly body?: string | Uint8Array
  readonly headers?: readonly string[]
  /** The connection ends after so many bytes of the body. */
  readonly cutAfter?: number
  /** The length is not told, so a cut body looks like a whole one. */
  readonly isLengthHidden?: boolean
  /** The connection stays open, and nothing more comes. */
  readonly stalls?: boolean
}

/** A file server on loopback that can fail in every way that downloads fail. */
export interface ReleaseServer extends AsyncDisposable {
  readonly base: string
  /** The paths that were asked for, in their order. */
  readonly asked: string[]
}

/** Serves the replies by their paths; whatever else is asked for is a 404. */
export async function serveRelease(replies: Readonly<Record<string, Reply>>): Promise<ReleaseServer> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let head = ''
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const path = head.split(' ')[1] ?? ''
      head = ''
      asked.push(path)
      answer(socket, replies[path] ?? { status: 404, body: 'not here' })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    base: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The files of a release as replies: one archive of the executable for the target, and its checksum. */
export function releaseOf(
  executable: string | Uint8Array,
  { target = 'linux-x64', folder = '/latest/download' } = {},
): { readonly sums: string; readonly archive: string; readonly replies: Record<string, Reply> } {
  const name = `ccr-${target}.tar.gz`
  const body = tarGz([
    { name: 'ccr', bytes: Buffer.from(executable), isExecutable: true },
    { name: 'LICENSE', bytes: Buffer.from('MIT') },
  ])
  const sums = `${folder}/SHA256SUMS`
  const archive = `${folder}/${name}`
  return { sums, archive, replies: { [sums]: { body: `${sha256(body)}  ${name}\n` }, [archive]: { body } } }
}

/** In hexadecimal. */
export function sha256(bytes: string | Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}

function answer(socket: Socket, reply: Reply): void {
  const { status = 200, body = '', headers = [], cutAfter, isLengthHidden = false, stalls = false } = reply
  const bytes = Buffer.from(body)
  const length = isLengthHidden ? [] : [`Content-Length: ${bytes.length}`]
  socket.write([`HTTP/1.1 ${status} Said`, 'Connection: close', ...length, ...headers, '', ''].join('\r\n'))
  socket.write(bytes.subarray(0, cutAfter ?? bytes.length))
  if (!stalls) socket.end()
}
