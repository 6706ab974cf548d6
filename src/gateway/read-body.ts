import { ModelError } from '../canonical/error.ts'

/** Long sessions with images are large. */
export const MOST_BODY_BYTES = 256 * 1024 * 1024
export const TOO_LARGE = 'the request is larger than 256 MB'

/** The body of a client's request, as text. Rejects with a `ModelError` of kind `too-large` as soon as it is too large. */
export function readBody(request: Request, most = MOST_BODY_BYTES): Promise<string> {
  const { headers, body } = request
  const coding = headers.get('content-encoding')
  if (coding !== null && body) return readCoded(body, coding, most)
  const length = headers.get('content-length')
  if (length === null && body) return readStream(body, most)
  // A body that says its length is no longer than that.
  return Number(length) > most ? Promise.reject(tooLarge()) : request.text()
}

/** No more than `most` bytes, however little was sent. */
async function readCoded(body: ReadableStream<Uint8Array>, codings: string, most: number): Promise<string> {
  // Hardly any client does that.
  const { decoded, toldAsDamage } = await import('./decode-body.ts')
  return readStream(decoded(body, codings), most).catch(toldAsDamage)
}

async function readStream(body: ReadableStream<Uint8Array>, most: number): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let bytes = 0
  let text = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.length
    if (bytes > most) {
      reader.cancel().catch(() => undefined)
      throw tooLarge()
    }
    text += decoder.decode(next.value, { stream: true })
  }
  return text + decoder.decode()
}

function tooLarge(): ModelError {
  return new ModelError(TOO_LARGE, { kind: 'too-large' })
}
