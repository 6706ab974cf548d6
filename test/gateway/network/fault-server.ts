import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { readRequests } from '../../helper/http-request.ts'

/** A server on 127.0.0.1 that misbehaves. */
export interface FaultServer extends AsyncDisposable {
  readonly port: number
  /** Connections accepted so far. */
  connections(): number
}

/** Where a request came in. */
export interface Arrival {
  readonly socket: Socket
  /** Which connection of the server it is, from 1. */
  readonly connection: number
  /** Which request of the connection it is, from 1. */
  readonly turn: number
}

/** Does `onRequest` with each whole request; nothing else. */
export async function createFaultServer(onRequest: (arrival: Arrival) => void): Promise<FaultServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Server = createServer((socket) => {
    const connection = (connections += 1)
    let turn = 0
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    readRequests(socket, async () => onRequest({ socket, connection, turn: (turn += 1) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A port whose connections are never accepted, and whose queue is full: the first packet of a new one is dropped. */
export async function createBlackHole(): Promise<FaultServer> {
  const listens = `const server = require('node:net').createServer()
    server.listen(0, '127.0.0.1', () => { console.log(server.address().port); Bun.sleepSync(60_000) })`
  const child = Bun.spawn([process.execPath, '-e', listens], { stdout: 'pipe', stderr: 'ignore' })
  const { value } = await child.stdout.getReader().read()
  const port = Number(new TextDecoder().decode(value))
  const fillers = await fillQueue(port)
  return {
    port,
    connections: () => 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy()
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

/** Connects until a connection is not taken any more. */
async function fillQueue(port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let isFull = false; !isFull;) {
    const batch = Array.from({ length: 64 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    sockets.push(...batch)
    const connected = batch.map(
      (socket) => new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true))),
    )
    // oxlint-disable-next-line no-await-in-loop -- the queue's length shows only by filling it
    isFull = !(await Promise.race([Promise.all(connected).then(() => true), Bun.sleep(200).then(() => false)]))
  }
  return sockets
}
