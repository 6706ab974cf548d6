import { json, stream, type Answer } from './answer.ts'
import { field, inputText, sse, stopOf, tokens, type Identity } from './turn-parts.ts'
import { USAGE, type Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn as Anthropic Messages answers it, streamed or whole as the request asks. */
export function anthropicAnswer(request: Received, turn: Turn): Answer {
  const identity = { model: String(field(request.body, 'model')), serial: request.serial }
  const headers = { 'request-id': 'req_scripted' }
  return field(request.body, 'stream') === true
    ? stream(anthropicFrames(turn, identity), headers)
    : json(anthropicMessage(turn, identity), 200, headers)
}

/** The turn's events, `message_start` to `message_stop`, one text each. */
export function anthropicFrames(turn: Turn, identity: Identity = {}): string[] {
  const usage = { ...usageOf(turn), output_tokens: 1 }
  const start = { ...anthropicMessage(turn, identity), content: [], stop_reason: null, usage }
  const blocks = blocksOf(turn, identity.serial)
  return [
    event({ type: 'message_start', message: start }),
    ...blocks.flatMap((block, index) => blockEvents(block, index)),
    event({
      type: 'message_delta',
      delta: { stop_reason: STOP[stopOf(turn)], stop_sequence: null },
      usage: usageOf(turn),
    }),
    event({ type: 'message_stop' }),
  ]
}

/** The turn as one whole message. */
export function anthropicMessage(turn: Turn, { model = 'scripted-model', serial = 0 }: Identity = {}) {
  return {
    id: `msg_scripted_${serial}`,
    type: 'message',
    role: 'assistant',
    model,
    content: blocksOf(turn, serial).map((block) => block.whole),
    stop_reason: STOP[stopOf(turn)],
    stop_sequence: null,
    usage: usageOf(turn),
  }
}

/** What Anthropic says when it fails inside a stream, and as the body of a failed answer. */
export function anthropicError(type: string, message: string) {
  return { type: 'error', error: { type, message }, request_id: 'req_scripted' }
}

/** The same as a frame. */
export function anthropicErrorFrame(type = 'overloaded_error', message = 'Overloaded'): string {
  return event(anthropicError(type, message))
}

/** The signature on every scripted thinking block. */
export const SIGNATURE = 'c2NyaXB0ZWQtc2lnbmF0dXJl'

const STOP = { end: 'end_turn', tool: 'tool_use', length: 'max_tokens', refusal: 'refusal' } as const

interface Block {
  readonly whole: object
  readonly empty: object
  readonly deltas: readonly object[]
}

function blocksOf(turn: Turn, serial = 0): Block[] {
  const blocks: Block[] = []
  if (turn.reasoning !== undefined) blocks.push(thinkingBlock(turn.reasoning))
  if (turn.text !== undefined) blocks.push(textBlock(turn.text))
  for (const [index, call] of (turn.calls ?? []).entries()) {
    const id = call.id ?? `toolu_scripted_${serial}_${index}`
    blocks.push(toolBlock(id, call.name, inputText(call)))
  }
  return blocks
}

function thinkingBlock(thinking: string): Block {
  return {
    whole: { type: 'thinking', thinking, signature: SIGNATURE },
    empty: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...tokens(thinking).map((part) => ({ type: 'thinking_delta', thinking: part })),
      { type: 'signature_delta', signature: SIGNATURE },
    ],
  }
}

function textBlock(text: string): Block {
  return {
    whole: { type: 'text', text },
    empty: { type: 'text', text: '' },
    deltas: tokens(text).map((part) => ({ type: 'text_delta', text: part })),
  }
}

function toolBlock(id: string, name: string, input: string): Block {
  return {
    whole: { type: 'tool_use', id, name, input: objectOf(input) },
    empty: { type: 'tool_use', id, name, input: {} },
    deltas: ['', ...tokens(input)].map((part) => ({ type: 'input_json_delta', partial_json: part })),
  }
}

/** A whole Anthropic message holds an object, so broken arguments can only be told in a stream. */
function objectOf(input: string): unknown {
  try {
    return JSON.parse(input || '{}')
  } catch {
    return {}
  }
}

function blockEvents(block: Block, index: number): string[] {
  return [
    event({ type: 'content_block_start', index, content_block: block.empty }),
    ...block.deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
    event({ type: 'content_block_stop', index }),
  ]
}

function usageOf(turn: Turn) {
  const usage = turn.usage ?? USAGE
  return {
    input_tokens: usage.input,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation_input_tokens: usage.cacheWrite,
    output_tokens: usage.output,
  }
}

function event(data: { readonly type: string; readonly [field: string]: unknown }): string {
  return sse(data, data.type)
}
