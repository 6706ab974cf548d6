import { parsePlainJson, type JsonObject } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import { codecOf } from '../../protocol/index.ts'
import type { Call } from '../call.ts'
import { wordsOf } from './hook.ts'
import { bodyCopy, requestView, type RequestView } from './request-view.ts'
import type { UserRouter } from './user-router.ts'

/** The function that `CUSTOM_ROUTER_PATH` names: as CCR called it, with the request, the config, and what tells it of events. */
export type CustomRoute = (req: RequestView, config: JsonObject, context: { readonly event: Emitter }) => unknown

/** What a `CustomRoute` listens on: `onSend` (request, reply, payload) and `onError` (request, reply, error). */
export interface Emitter {
  emit(name: string, ...told: unknown[]): unknown
}

/**
 * A router in CCR's form. It sees the body of Anthropic Messages, whatever the client speaks, and may change it: then
 * the changed body is what is asked.
 */
export function customRouter(run: CustomRoute, event: Emitter, settings: JsonObject): (ports: Ports) => UserRouter {
  return (ports) => {
    const views = new WeakMap<object, RequestView>()
    const tell = (call: Call, name: string, reply: object, what: unknown): void => {
      try {
        event.emit(name, views.get(call.trace), reply, what)
      } catch (cause) {
        ports.log('warn', `CUSTOM_ROUTER_PATH: a listener of ${name} failed: ${wordsOf(cause)}`, { call: call.id })
      }
    }
    return {
      name: 'CUSTOM_ROUTER_PATH',
      async route(call) {
        const view = requestView(call, anthropicBody(call), settings, ports)
        const before = JSON.stringify(view.body)
        views.set(call.trace, view)
        const answer = await run(view, settings, { event })
        const after = JSON.stringify(view.body)
        return { answer, call: after === before ? call : changed(call, after) }
      },
      ended(call, { body, error }) {
        if (error === undefined) tell(call, 'onSend', { statusCode: 200 }, typeof body === 'string' ? body : undefined)
        else tell(call, 'onError', { statusCode: (error as { status?: number }).status ?? 500 }, error)
      },
    }
  }
}

const ANTHROPIC = codecOf('anthropic-messages')

function anthropicBody(call: Call): JsonObject {
  if (call.protocol.id === ANTHROPIC.id) return bodyCopy(call)
  const { model } = call.request
  const { wire } = ANTHROPIC.encodeRequest(call.request, { provider: '', model, traits: {} })
  return parsePlainJson(JSON.stringify({ ...wire.body, stream: call.request.stream })) as JsonObject
}

/** The call with another body; what Anthropic has no word for, or only the client's own protocol knows of, stays. */
function changed(call: Call, text: string): Call {
  const wire = { ...call.wire, body: parsePlainJson(text) as JsonObject }
  const request = ANTHROPIC.decodeRequest(wire)
  if (call.protocol.id === ANTHROPIC.id) return { ...call, wire, text, request, edited: true }
  const shown = ANTHROPIC.decodeRequest({ ...call.wire, body: anthropicBody(call) })
  const unsaid = Object.entries(call.request).filter(([field]) => shown[field as keyof ModelRequest] === undefined)
  const { native } = call.request
  return { ...call, request: { ...Object.fromEntries(unsaid), ...request, ...(native && { native }) }, edited: true }
}
