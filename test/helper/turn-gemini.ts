import { json, stream, type Answer } from './answer.ts'
import { inputText, sse, stopOf, tokens, type Identity } from './turn-parts.ts'
import { USAGE, type ScriptedCall, type Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn as Gemini answers it, streamed or whole as the method in the path says. */
export function geminiAnswer(request: Received, turn: Turn): Answer {
  const [, model = '', method] = /models\/([^:]+):(\w+)$/.exec(request.path) ?? []
  const identity = { model, serial: request.serial }
  if (method !== 'streamGenerateContent') return json(geminiReply(turn, identity))
  return stream(geminiFrames(turn, identity).map((frame) => sse(frame)))
}

/** The turn's chunks: usage grows with them, and the finish reason is on the last. */
export function geminiFrames(turn: Turn, identity: Identity = {}) {
  const parts = partsOf(turn)
  return parts.map((part, index) =>
    reply([part], turn, identity, index === parts.length - 1 ? FINISH[stopOf(turn)] : undefined),
  )
}

/** The turn as one whole reply. */
export function geminiReply(turn: Turn, identity: Identity = {}) {
  return reply(partsOf(turn), turn, identity, FINISH[stopOf(turn)])
}

/** What Gemini says when it fails. */
export function geminiError(code: number, status: string, message: string) {
  return { error: { code, message, status } }
}

/** The thought signature on every scripted function call. */
export const THOUGHT_SIGNATURE = 'c2NyaXB0ZWQtdGhvdWdodA=='

/** A call ends with STOP, too: Gemini has no reason of its own for it. */
const FINISH = { end: 'STOP', tool: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY' } as const

function partsOf(turn: Turn): object[] {
  const parts = [
    ...tokens(turn.reasoning ?? '').map((text) => ({ text, thought: true })),
    ...tokens(turn.text ?? '').map((text) => ({ text })),
    ...(turn.calls ?? []).map((call, index) => callPart(call, index)),
  ]
  return parts.length > 0 ? parts : [{ text: '' }]
}

/** Only the first of parallel calls is signed. */
function callPart(call: ScriptedCall, index: number) {
  const functionCall = {
    name: call.name,
    args: JSON.parse(inputText(call)) as unknown,
    ...(call.id ? { id: call.id } : {}),
  }
  return index === 0 ? { functionCall, thoughtSignature: THOUGHT_SIGNATURE } : { functionCall }
}

function reply(parts: readonly object[], turn: Turn, { model, serial = 0 }: Identity, finishReason?: string) {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason ? { finishReason } : {}) }],
    usageMetadata: usageOf(turn),
    modelVersion: model ?? 'scripted-model',
    responseId: `scripted-${serial}`,
  }
}

function usageOf(turn: Turn) {
  const usage = turn.usage ?? USAGE
  const promptTokenCount = usage.input + usage.cacheRead + usage.cacheWrite
  return {
    promptTokenCount,
    cachedContentTokenCount: usage.cacheRead,
    candidatesTokenCount: usage.output - usage.reasoning,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: promptTokenCount + usage.output,
  }
}
