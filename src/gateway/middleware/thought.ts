import { parseJson } from '../../canonical/json.ts'
import type { Message, Part, ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { chooseEndpoint } from '../../provider/choose-endpoint.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Middleware, Trace } from '../call.ts'

/**
 * Some providers refuse a conversation whose tool calls come back without what was thought before them, and some
 * clients do not bring it back. For these providers it is remembered, by the call, and put in where it is missing.
 */
export function createThoughtMiddleware(
  providers: readonly Provider[],
  { origins }: Pick<Ports, 'origins'>,
): Middleware {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  return async (call, next) => {
    const { target, trace } = call
    const provider = target && byName.get(target.provider)
    const endpoint = provider && chooseEndpoint(provider, target.model, call.protocol.id)
    const { reasoningReplay } = provider ? traitsFor(provider, target.model, endpoint?.protocol) : {}
    if (!target || reasoningReplay === undefined || reasoningReplay === 'none') return next(call)
    trace.turn = []
    trace.atEnd.push(() => remember(trace, target, origins))
    const messages = await Promise.all(call.request.messages.map((message) => completed(message, target, origins)))
    const isWhole = messages.every((message, index) => message === call.request.messages[index])
    return next(isWhole ? call : { ...call, request: { ...call.request, messages }, edited: true })
  }
}

function remember({ turn = [], relayed }: Trace, target: RouteTarget, origins: Ports['origins']): void {
  const first = turn.find(isCall)
  const thoughts = turn.filter(isThought)
  const text = thoughts.map((thought) => thought.text).join('')
  // Of a relayed answer only the frames that matter were read: its parts are not whole.
  if (!first || text === '' || relayed) return
  const signature = thoughts[0]?.signature
  origins.set(keyOf(first, target), { ...target, thought: { text, ...(signature !== undefined && { signature }) } })
}

async function completed(message: Message, target: RouteTarget, origins: Ports['origins']): Promise<Message> {
  const first = message.role === 'assistant' ? message.parts.find(isCall) : undefined
  if (!first || message.parts.some(isThought)) return message
  const known = await origins.get(keyOf(first, target))
  if (!known?.thought) return message
  const { provider, model, thought } = known
  return { ...message, parts: [{ type: 'reasoning', ...thought, origin: { provider, model } }, ...message.parts] }
}

/** Ids alone do not tell calls apart: some vendors count from zero in each conversation. */
function keyOf({ id, name, input }: ToolCallPart, { provider }: RouteTarget): string {
  return JSON.stringify(['call', provider, id, name, normalized(input)])
}

/** Clients bring arguments back as they parsed them. */
function normalized(input: string): string {
  try {
    return JSON.stringify(parseJson(input || '{}'))
  } catch {
    // Broken arguments come back in another form: then nothing is found, which is no harm.
    return input
  }
}

function isCall(part: Part): part is ToolCallPart {
  return part.type === 'tool-call'
}

function isThought(part: Part): part is ReasoningPart {
  return part.type === 'reasoning'
}
