import { parseJson } from '../../canonical/json.ts'
import type { Message, Part, ReasoningPart, ToolCallPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { chooseEndpoint } from '../../provider/choose-endpoint.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Trace } from '../call.ts'
import type { PlaceLayer } from '../place.ts'

/**
 * Some providers refuse a conversation whose tool calls come back without what was thought before them, or think no more in
 * it; and some clients do not bring it back, or not its proof, which Gemini puts on the call itself. There it is remembered,
 * by the call, and put in where it is missing.
 */
export function createThoughtLayer({ origins }: Pick<Ports, 'origins'>): PlaceLayer {
  return ({ provider, target, protocol: spoken }, next) => {
    const { protocol } = chooseEndpoint(provider, target.model, spoken.id) ?? {}
    const { reasoningReplay } = traitsFor(provider, target.model, protocol)
    const isDemanded = reasoningReplay !== undefined && reasoningReplay !== 'none'
    const isForgotten = spoken.forgetsProofs === true && protocol !== spoken.id
    if (!isDemanded && !isForgotten) return next
    return async (call) => {
      const { request, trace } = call
      trace.turn = []
      trace.atEnd.push(() => remember(trace, trace.target ?? target, origins))
      const messages = await Promise.all(
        request.messages.map((message) => completed(message, target, isForgotten, origins)),
      )
      const isWhole = messages.every((message, index) => message === request.messages[index])
      return next(isWhole ? call : { ...call, request: { ...request, messages }, edited: true })
    }
  }
}

function remember({ turn = [], relayed }: Trace, target: RouteTarget, origins: Ports['origins']): void {
  const first = turn.find(isCall)
  if (first?.signature !== undefined && !relayed)
    origins.set(keyOf(first, target, 'signed'), { ...target, thought: { text: '', signature: first.signature } })
  const thoughts = turn.filter(isThought)
  const proofs = thoughts.flatMap((thought) => proofOf(thought) ?? [])
  const text = thoughts.map((thought) => thought.text).join('')
  // Of a relayed answer only the frames that matter were read: its parts are not whole.
  if (!first || relayed || (text === '' && proofs.length === 0)) return
  // One proof is of one thought: several do not go into one.
  if (thoughts.length > 1 && proofs.length > 0 && !proofs.every((proof) => proof === proofs[0])) return
  const [signature] = proofs
  origins.set(keyOf(first, target), { ...target, thought: { text, ...(signature !== undefined && { signature }) } })
}

/** The message with what was thought before its calls, and the first of them, which alone is signed, with its signature. */
async function completed(
  message: Message,
  target: RouteTarget,
  isProofForgotten: boolean,
  origins: Ports['origins'],
): Promise<Message> {
  const first = message.role === 'assistant' ? message.parts.find(isCall) : undefined
  if (!first || !isProofForgotten || first.signature !== undefined)
    return withThought(message, first, target, isProofForgotten, origins)
  const signed = await origins.get(keyOf(first, target, 'signed'))
  const thoughtful = await withThought(message, first, target, isProofForgotten, origins)
  const signature = signed?.thought?.signature
  if (!signed || signature === undefined) return thoughtful
  const { provider, model } = signed
  const whole = { ...first, signature, origin: { provider, model } }
  return { ...thoughtful, parts: thoughtful.parts.map((part) => (part === first ? whole : part)) }
}

async function withThought(
  message: Message,
  first: ToolCallPart | undefined,
  target: RouteTarget,
  isProofForgotten: boolean,
  origins: Ports['origins'],
): Promise<Message> {
  const own = message.parts.filter(isThought)
  if (!first || own.some((thought) => !isProofForgotten || proofOf(thought) !== undefined)) return message
  const known = await origins.get(keyOf(first, target))
  if (!known?.thought) return message
  const { provider, model, thought } = known
  const { text, signature } = thought
  // What the client says itself counts; only the proof of the very same thought can be added to it.
  if (own.length > 0 && (signature === undefined || own.map((each) => each.text).join('') !== text)) return message
  const proof = signature === undefined ? {} : text === '' ? { encrypted: signature } : { signature }
  const others = message.parts.filter((part) => !isThought(part))
  return { ...message, parts: [{ type: 'reasoning', text, ...proof, origin: { provider, model } }, ...others] }
}

function proofOf({ signature, encrypted }: ReasoningPart): string | undefined {
  return encrypted ?? (signature || undefined)
}

/** Ids alone do not tell calls apart: some vendors count from zero in each conversation. */
function keyOf({ id, name, input }: ToolCallPart, { provider }: RouteTarget, what: 'call' | 'signed' = 'call'): string {
  return JSON.stringify([what, provider, id, name, normalized(input)])
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
