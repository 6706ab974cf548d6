import { isObject, parsePlainJson, type Json, type JsonObject } from '../../canonical/json.ts'
import { decodeSse } from '../../protocol/framing/sse.ts'
import { chain, type Frame, type Step } from '../../protocol/protocol.ts'
import { encodeFrames, isEventStream, mapBytes } from './response.ts'

/** A Chat body with the additions of transformers put into Chat's own words: what a client of a plugin's endpoint says. */
export function plainBody(body: JsonObject): JsonObject {
  const { reasoning, ...rest } = body
  const effort = isObject(reasoning) ? reasoning.effort : undefined
  const messages = Array.isArray(body.messages) ? body.messages.map(plainMessage) : body.messages
  return {
    ...rest,
    messages,
    ...(typeof effort === 'string' && { reasoning_effort: effort }),
    ...(body.stream === true && { stream_options: { include_usage: true } }),
  }
}

/** An answer of ours to a Chat client, with the thoughts where transformers look for them. */
export function asUnified(response: Response): Response {
  if (isEventStream(response)) return mapBytes(response, chain(chain(decodeSse(), unifiedFrames()), encodeFrames()))
  const reader = response.body?.getReader()
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const text = await textOf(reader)
      controller.enqueue(new TextEncoder().encode(unifiedText(text, 'message')))
      controller.close()
    },
  })
  return new Response(whole, { status: response.status, headers: { 'content-type': 'application/json' } })
}

/** Chat's frames, with thoughts where transformers look for them. */
export function unifiedFrames(): Step<Frame, Frame> {
  return {
    push: (frame) =>
      frame.data.includes('"reasoning_content"') ? [{ ...frame, data: unifiedText(frame.data, 'delta') }] : [frame],
    end: () => [],
  }
}

/** A chunk or a whole reply with its thoughts where transformers look for them. */
export function unifiedText(text: string, field: 'delta' | 'message', signature?: string): string {
  const chunk = parsePlainJson(text)
  if (!isObject(chunk) || !Array.isArray(chunk.choices)) return text
  const choices = chunk.choices.map((choice) => {
    const told = isObject(choice) ? choice[field] : undefined
    if (!isObject(choice) || !isObject(told) || (told.reasoning_content === undefined && !signature)) return choice
    const { reasoning_content: content, ...rest } = told
    return { ...choice, [field]: { ...rest, thinking: { content, ...(signature && { signature }) } } }
  })
  return JSON.stringify({ ...chunk, choices })
}

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
    text += decoder.decode(piece.value, { stream: true })
  return text + decoder.decode()
}

function plainMessage(message: Json): Json {
  if (!isObject(message) || !isObject(message.thinking)) return message
  const { thinking, ...rest } = message
  return { ...rest, reasoning_content: thinking.content }
}
