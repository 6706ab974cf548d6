import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { BodyReader, HttpBody } from '../ports.ts'
import { httpError } from './error.ts'

const DECOMPRESSORS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** `body` as it was before `coding`, the value of `content-encoding`; itself, if nobody knows the coding. */
export function decompressed(coding: string, body: HttpBody): HttpBody {
  const decompress = DECOMPRESSORS[coding.toLowerCase().trim()]
  if (!decompress) return body
  const source = body.getReader()
  const decompressor = decompress()
  // Whoever reads is told.
  pipeline(Readable.from(piecesOf(source)), decompressor, () => undefined)
  const pieces = decompressor[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const reader: BodyReader = {
    async read() {
      const { done, value } = await pieces.next().catch(asDamage)
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    async cancel() {
      decompressor.destroy()
      await source.cancel()
    },
  }
  return { getReader: () => reader, cancel: reader.cancel }
}

async function* piecesOf(source: BodyReader): AsyncGenerator<Uint8Array> {
  for (let next = await source.read(); !next.done; next = await source.read()) yield next.value as Uint8Array
}

/** Each decompressor has codes of its own. */
function asDamage(cause: unknown): never {
  const code = String((cause as { code?: unknown }).code)
  throw /^Z_|^ZSTD|^ERR_(?!TLS)/.test(code) ? httpError(code, 'ZlibError') : cause
}
