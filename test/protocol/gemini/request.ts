import type { JsonObject } from '../../../src/canonical/json.ts'
import type { Message, ModelRequest, Part } from '../../../src/canonical/request.ts'
import { gemini } from '../../../src/protocol/gemini/index.ts'
import type { Traits } from '../../../src/protocol/protocol.ts'

/** A request with one user message, changed as the test needs it. */
export function request(changes: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'm', system: [], messages: [message('user', text('Hello'))], tools: [], stream: false, ...changes }
}

export function message(role: Message['role'], ...parts: Part[]): Message {
  return { role, parts }
}

export function text(value: string): Part {
  return { type: 'text', text: value }
}

export function call(id: string, name = 'read', more: Partial<Extract<Part, { type: 'tool-call' }>> = {}): Part {
  return { type: 'tool-call', id, name, input: '{}', ...more }
}

export function result(id: string, output = 'done'): Part {
  return { type: 'tool-result', id, content: [{ type: 'text', text: output }] }
}

/** What is sent for a request. */
export function sent(changes: Partial<ModelRequest>, model = 'gemini-2.5-flash', traits: Traits = {}) {
  const { wire, dropped, context } = gemini.encodeRequest(request(changes), { provider: 'google', model, traits })
  const config = (wire.body.generationConfig ?? {}) as JsonObject
  return {
    wire,
    config,
    contents: wire.body.contents as JsonObject[],
    dropped: dropped.map(({ path }) => path),
    context,
  }
}
