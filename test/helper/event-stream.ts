import { crc32 } from 'node:zlib'

/** One message of AWS's binary event stream. */
export function eventMessage(headers: Readonly<Record<string, string>>, payload: string | Uint8Array): Uint8Array {
  const named = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, 7, value)))
  return rawMessage(named, Buffer.from(payload as string))
}

/** A message of an event, as AWS's services send it. */
export function eventOf(type: string, payload: unknown): Uint8Array {
  return eventMessage(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )
}

/** A message of an exception. */
export function exceptionOf(type: string, payload: unknown): Uint8Array {
  return eventMessage(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  )
}

/** A message with these bytes as its headers and its payload. */
export function rawMessage(headers: Uint8Array, payload: Uint8Array): Uint8Array {
  const total = 16 + headers.length + payload.length
  const message = Buffer.alloc(total)
  message.writeUInt32BE(total, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  message.set(headers, 12)
  message.set(payload, 12 + headers.length)
  message.writeUInt32BE(crc32(message.subarray(0, total - 4)), total - 4)
  return new Uint8Array(message)
}

/** A header of a type whose value says its length (6: bytes, 7: text). */
export function header(name: string, type: 6 | 7, value: string): Uint8Array {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([type]), length, bytes])
}
