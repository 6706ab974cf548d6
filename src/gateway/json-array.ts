import { decodeSse } from '../protocol/framing/sse.ts'
import type { Gateway } from './gateway.ts'
import { addressOf, type Address } from './paths.ts'

/**
 * `serve`, for Gemini's clients that do not ask for server-sent events: their stream is one JSON array, which comes
 * element by element, and a failure is an array of its error, as Google does it. Inside, all streams are events.
 */
export function withJsonArrays(serve: (request: Request, address: Address) => Promise<Response>): Gateway {
  return (request, address = addressOf(request.url)) =>
    // Nearly every request is for something else.
    STREAM.test(address.path) && !IN_EVENTS.test(address.query)
      ? serveStream(request, address)
      : serve(request, address)

  async function serveStream(request: Request, address: Address): Promise<Response> {
    const others = address.query.split('&').filter((pair) => pair !== '' && !ALT.test(pair))
    return asJsonArray(await serve(request, { ...address, query: [...others, 'alt=sse'].join('&') }))
  }
}

const STREAM = /(?::|%3a)streamGenerateContent\/?$/i
const IN_EVENTS = /(?:^|&)(?:\$|%24)?alt=sse(?:&|$)/i
const ALT = /^(?:\$|%24)?alt=/i

function asJsonArray({ status, headers: given, body }: Response): Response {
  const headers = new Headers(given)
  const isStream = headers.get('content-type')?.includes('event-stream') ?? false
  headers.set('content-type', 'application/json; charset=utf-8')
  return new Response(body && (isStream ? elementsOf(body) : wrapped(body)), { status, headers })
}

function elementsOf(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const framing = decodeSse()
  const encoder = new TextEncoder()
  let before = '['
  const textOf = (frames: readonly { data: string }[]): string => {
    let text = ''
    for (const { data } of frames) {
      text += `${before}${data}`
      before = ',\r\n'
    }
    return text
  }
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read()
          const text = textOf(value ? framing.push(value) : framing.end())
          if (done) {
            controller.enqueue(encoder.encode(`${text}${before === '[' ? '[' : ''}]`))
            return controller.close()
          }
          if (text !== '') return controller.enqueue(encoder.encode(text))
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function wrapped(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('[')),
      flush: (controller) => controller.enqueue(encoder.encode(']')),
    }),
  )
}
