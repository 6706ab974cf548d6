import { ModelError } from '../canonical/error.ts'

/** A body as it was before a client compressed it as `content-encoding` says. Throws a `ModelError` where nobody knows how. */
export function decoded(body: ReadableStream<Uint8Array>, codings: string): ReadableStream<Uint8Array> {
  // The last one was put on last.
  return codings
    .toLowerCase()
    .split(',')
    .toReversed()
    .map((coding) => coding.trim())
    .reduce(decode, body)
}

/** Throws what is to be told of `cause`, which came up while such a body was read. */
export function toldAsDamage(cause: unknown): never {
  throw cause instanceof ModelError ? cause : refused('the request body is not what its content-encoding says', cause)
}

const FORMATS: Readonly<Record<string, string>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'brotli',
  zstd: 'zstd',
}

function decode(body: ReadableStream<Uint8Array>, coding: string): ReadableStream<Uint8Array> {
  if (coding === '' || coding === 'identity') return body
  const format = Object.hasOwn(FORMATS, coding) ? FORMATS[coding] : undefined
  if (format === undefined) throw unknown()
  return body.pipeThrough(decompressor(format))
}

/** Not every runtime knows every format. */
function decompressor(format: string): ReadableWritablePair<Uint8Array, Uint8Array> {
  try {
    return new DecompressionStream(format as CompressionFormat) as ReadableWritablePair<Uint8Array, Uint8Array>
  } catch (cause) {
    throw unknown(cause)
  }
}

function unknown(cause?: unknown): ModelError {
  const known = Object.keys(FORMATS).filter((name) => !name.startsWith('x-'))
  return refused(`this content-encoding is not served: send the body as it is, or as ${known.join(', ')}`, cause, 415)
}

function refused(message: string, cause: unknown, status = 400): ModelError {
  return new ModelError(message, { kind: 'bad-request', status, ...(cause !== undefined && { cause }) })
}
