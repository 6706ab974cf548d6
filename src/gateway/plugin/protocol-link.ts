import type { ModelEvent } from '../../canonical/event.ts'
import { asString, isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Message, ModelRequest, Part } from '../../canonical/request.ts'
import { codecOf } from '../../protocol/index.ts'
import { markedField } from '../../protocol/openai-chat/reasoning-field.ts'
import { chain, type DecodeContext, type EncodeContext, type Frame, type Step } from '../../protocol/protocol.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { Endpoint } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import { framingOf } from '../framing.ts'
import type { Link, LinkContext } from './link.ts'
import { encodeFrames, mapBytes } from './response.ts'
import { plainBody, unifiedFrames, unifiedText } from './unified-client.ts'

/**
 * The name of a protocol among transformers (`gemini`, `openai-responses`, `Anthropic`): those before it see Chat's body,
 * those behind it the body of that protocol; and of the answer likewise.
 */
export function protocolLink(endpoint: Endpoint, { target, row, ports }: LinkContext): Link {
  const [chat, codec] = [codecOf('openai-chat'), codecOf(endpoint.protocol)]
  let context: DecodeContext = { ...target, id: ports.id }
  const encodeContext = (): EncodeContext => ({
    id: ports.id,
    created: Math.floor(ports.now() / 1000),
    model: target.model,
    requestNative: { protocol: 'openai-chat', rest: { stream_options: { include_usage: true } } },
  })
  return {
    async request(body: JsonObject) {
      const wire = { path: '/chat/completions', query: '', headers: {}, body: plainBody(body) }
      const request = { ...withProofs(chat.decodeRequest(wire), body, target), model: target.model }
      const traits = traitsFor(row, target.model, endpoint.protocol)
      const encoded = codec.encodeRequest(request, { ...target, traits })
      context = { ...encoded.context, id: ports.id }
      const { path, query, headers } = encoded.wire
      return { body: encoded.wire.body, config: { via: { endpoint, path, query }, headers } }
    },
    async response(response) {
      const framing = framingOf(response.headers.get('content-type') ?? '')
      if (framing) {
        const events = chain(framing(), codec.decodeStream(context))
        const frames = chain(events, withSignatures(chain(chat.encodeStream(encodeContext()), unifiedFrames())))
        return mapBytes(withType(response, 'text/event-stream'), chain(frames, encodeFrames()))
      }
      const reply = codec.decodeReply(parseJson(await response.text()), context)
      const told = JSON.stringify(chat.encodeReply(reply, encodeContext()))
      const proof = reply.parts.map(proofOf).find((each) => each !== undefined)
      return new Response(unifiedText(told, 'message', proof), { headers: { 'content-type': 'application/json' } })
    },
  }
}

/** The signatures of earlier thoughts: Chat itself has no place for them. */
function withProofs(request: ModelRequest, { messages }: JsonObject, origin: RouteTarget): ModelRequest {
  const told = Array.isArray(messages) ? messages.filter((each) => isObject(each) && each.role === 'assistant') : []
  let next = 0
  const proven = (message: Message): Message => {
    const turn = told[next++]
    const thinking = isObject(turn) && isObject(turn.thinking) ? turn.thinking : {}
    const signature = asString(thinking.signature)
    if (signature === undefined) return message
    const text = asString(thinking.content) ?? ''
    const others = message.parts.filter(({ type }) => type !== 'reasoning')
    return { ...message, parts: [{ type: 'reasoning', text, signature, origin }, ...others] }
  }
  return {
    ...request,
    messages: request.messages.map((message) => (message.role === 'assistant' ? proven(message) : message)),
  }
}

/** Tells a thought's signature as transformers do, when the thought ends. */
function withSignatures(encoder: Step<ModelEvent, Frame>): Step<ModelEvent, Frame> {
  return {
    push(event) {
      const frames = encoder.push(event)
      const signature = event.type === 'part-end' ? proofOf(event.part) : undefined
      if (signature === undefined) return frames
      const choices = [{ index: 0, delta: { thinking: { signature } } }]
      return [...frames, { data: JSON.stringify({ object: 'chat.completion.chunk', choices }) }]
    },
    end: () => encoder.end(),
  }
}

function proofOf(part: Part): string | undefined {
  return part.type === 'reasoning' && markedField(part) === undefined ? part.signature : undefined
}

function withType({ body, headers: given }: Response, type: string): Response {
  const headers = new Headers(given)
  headers.set('content-type', type)
  return new Response(body, { headers })
}
