import type { FetchInit } from '../ports.ts'
import type { Trip } from './way.ts'

/** The bytes of a request. Throws a `TypeError` where a header cannot be sent. */
export function encodeRequest({ way, path }: Trip, init: Pick<FetchInit, 'method' | 'headers' | 'body'>): Buffer {
  const { method, body } = init
  const headers = lowerCased(init.headers)
  let head = `${method} ${way.prefix}${path} HTTP/1.1\r\n`
  for (const name in way.headers) if (!(name in headers)) head += `${name}: ${way.headers[name]}\r\n`
  for (const name in headers) if (!FRAMING.has(name)) head += line(name, headers[name] as string)
  if (method === 'GET') return Buffer.from(`${head}\r\n`, 'latin1')
  const length = Buffer.byteLength(body)
  head += `content-length: ${length}\r\n\r\n`
  const bytes = Buffer.allocUnsafe(head.length + length)
  bytes.write(head, 'latin1')
  bytes.write(body, head.length, 'utf8')
  return bytes
}

function lowerCased(headers: FetchInit['headers']): FetchInit['headers'] {
  for (const name in headers)
    if (UPPER.test(name))
      return Object.fromEntries(Object.entries(headers).map(([each, value]) => [each.toLowerCase(), value]))
  return headers
}

function line(name: string, given: string): string {
  const value = given.trim()
  if (!NAME.test(name) || UNFIT.test(value)) throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`)
  return `${name}: ${value}\r\n`
}

const UPPER = /[A-Z]/
/** What says where a request ends, and what becomes of its connection, is not the caller's. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection'])
const NAME = /^[\w!#$%&'*+.^`|~-]+$/
/** What a header's value may not hold: a line break in it would begin a header of its own. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/
