import type { JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import { encodeSse } from '../../protocol/framing/sse.ts'
import { answerTo, MODEL, type ScriptedChunk } from './script.ts'

/** The provider that lives in this executable: OpenAI Chat Completions over real HTTP on loopback, by script. */
export interface DemoUpstream {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on a free port. */
export function startUpstream(): DemoUpstream {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch: answer })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) }
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (request.method !== 'POST' || pathname !== '/v1/chat/completions')
    return refuse(404, `there is no ${request.method} ${pathname}`)
  const body: unknown = await request.json()
  const chunks = isObject(body) ? answerTo(body) : 'the body is not an object'
  if (typeof chunks === 'string') return refuse(400, chunks)
  return new Response(streamOf(chunks), { headers: { 'content-type': 'text/event-stream' } })
}

function refuse(status: number, message: string): Response {
  return Response.json({ error: { message, type: 'invalid_request_error' } }, { status })
}

function streamOf(chunks: readonly ScriptedChunk[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let next = 0
  return new ReadableStream({
    async pull(controller) {
      const chunk = chunks[next++]
      if (!chunk) {
        controller.enqueue(encoder.encode(encodeSse({ data: '[DONE]' })))
        controller.close()
        return
      }
      await Bun.sleep(chunk.afterMs)
      controller.enqueue(
        encoder.encode(encodeSse({ data: JSON.stringify({ ...frame, ...chunk.body } satisfies JsonObject) })),
      )
    },
  })
}

const frame = { id: 'chatcmpl-demo', object: 'chat.completion.chunk', created: 1, model: MODEL }
