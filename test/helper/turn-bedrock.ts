import { json, stream, type Answer } from './answer.ts'
import { eventOf } from './event-stream.ts'
import { anthropicFrames, anthropicMessage, SIGNATURE } from './turn-anthropic.ts'
import { inputText, stopOf, tokens, type Identity } from './turn-parts.ts'
import { USAGE, type ScriptedCall, type Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn as Bedrock's Converse answers it, streamed or whole as the path asks. */
export function converseAnswer({ path, serial }: Received, turn: Turn): Answer {
  return path.endsWith('-stream') ? binary(converseMessages(turn, { serial })) : json(converseReply(turn, { serial }))
}

/** The turn as Claude answers it behind Bedrock's invoke: what Anthropic would stream, each event in a message of AWS. */
export function invokeAnswer({ path, serial }: Received, turn: Turn): Answer {
  const identity = { model: modelIn(path), serial }
  if (!path.endsWith('-stream')) return json(anthropicMessage(turn, identity))
  return binary(anthropicFrames(turn, identity).map((frame) => chunkOf(/^data: (.*)$/m.exec(frame)?.[1] ?? '')))
}

/** The model that a path of Bedrock names. */
export function modelIn(path: string): string {
  return decodeURIComponent(/^\/model\/([^/]+)\//.exec(path)?.[1] ?? '')
}

/** The turn's messages, `messageStart` to `metadata`. */
function converseMessages(turn: Turn, identity: Identity): Uint8Array[] {
  return [
    eventOf('messageStart', { role: 'assistant' }),
    ...blocksOf(turn, identity).flatMap((block, index) => blockMessages(block, index)),
    eventOf('messageStop', { stopReason: STOP[stopOf(turn)] }),
    eventOf('metadata', { usage: usageOf(turn), metrics: { latencyMs: 9 } }),
  ]
}

/** The turn as one whole reply. */
function converseReply(turn: Turn, identity: Identity) {
  return {
    output: { message: { role: 'assistant', content: blocksOf(turn, identity).map(({ whole }) => whole) } },
    stopReason: STOP[stopOf(turn)],
    usage: usageOf(turn),
    metrics: { latencyMs: 9 },
  }
}

function binary(messages: readonly Uint8Array[]): Answer {
  return { ...stream(messages), headers: { 'content-type': 'application/vnd.amazon.eventstream' } }
}

/** The second field pads: AWS hides the length of what is said. */
function chunkOf(event: string): Uint8Array {
  return eventOf('chunk', { bytes: Buffer.from(event).toString('base64'), p: 'abcdefghij' })
}

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens', refusal: 'refusal' } as const

interface Block {
  readonly whole: object
  /** Absent: Bedrock begins such a block without a word. */
  readonly start?: object
  readonly deltas: readonly object[]
}

function blocksOf({ reasoning, text, calls = [] }: Turn, { serial = 0 }: Identity): Block[] {
  return [
    ...(reasoning === undefined ? [] : [reasoningBlock(reasoning)]),
    ...(text ? [{ whole: { text }, deltas: tokens(text).map((part) => ({ text: part })) }] : []),
    ...calls.map((call, index) => callBlock(call, call.id ?? `tooluse_scripted_${serial}_${index}`)),
  ]
}

function reasoningBlock(text: string): Block {
  const told = [...tokens(text).map((part) => ({ text: part })), { signature: SIGNATURE }]
  return {
    whole: { reasoningContent: { reasoningText: { text, signature: SIGNATURE } } },
    deltas: told.map((reasoningContent) => ({ reasoningContent })),
  }
}

function callBlock(call: ScriptedCall, toolUseId: string): Block {
  const { name, input } = call
  return {
    whole: { toolUse: { toolUseId, name, input } },
    start: { toolUse: { toolUseId, name } },
    deltas: tokens(inputText(call)).map((part) => ({ toolUse: { input: part } })),
  }
}

function blockMessages({ start, deltas }: Block, contentBlockIndex: number): Uint8Array[] {
  return [
    ...(start ? [eventOf('contentBlockStart', { contentBlockIndex, start })] : []),
    ...deltas.map((delta) => eventOf('contentBlockDelta', { contentBlockIndex, delta })),
    eventOf('contentBlockStop', { contentBlockIndex }),
  ]
}

function usageOf({ usage = USAGE }: Turn) {
  return {
    inputTokens: usage.input,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.cacheRead + usage.cacheWrite + usage.output,
    cacheReadInputTokens: usage.cacheRead,
    cacheWriteInputTokens: usage.cacheWrite,
  }
}
