import type { ProtocolId } from '../../../src/canonical/native.ts'
import { answerTurn } from '../answer-turn.ts'
import { isBytes, type Answer } from '../answer.ts'
import type { Turn } from '../turn.ts'
import type { Received } from '../upstream.ts'
import { corrupted, mutated } from './mutate.ts'
import type { Random } from './random.ts'

/** What a provider might answer on a bad day: a real answer of `protocol`, bent. */
export function bentAnswer(protocol: ProtocolId, streamed: boolean, random: Random): Answer {
  if (random.chance(0.05)) return bentError(random)
  const answer = answerTurn(requestFor(protocol, streamed), random.pick(TURNS))
  const texts = answer.pieces.filter((piece) => typeof piece === 'string')
  const text = streamed ? bentStream(texts, random) : mutated(JSON.parse(texts.join('')), random)
  const pieces = inPieces(corrupted(text, random), random)
  if (random.chance(0.9)) return { ...answer, pieces }
  return { ...answer, pieces, headers: { ...answer.headers, 'content-type': random.pick(CONTENT_TYPES) } }
}

const TURNS: readonly Turn[] = [
  { text: 'Hello, world. \u{1f600} é' },
  { text: '' },
  { reasoning: 'First this, then that.', text: 'Done.' },
  {
    text: 'Two calls.',
    calls: [
      { name: 'Read', input: { file_path: '/a' } },
      { name: 'Bash', input: {} },
    ],
  },
  { reasoning: 'Hm.', calls: [{ name: 'Read', input: { deep: { list: [1, 2.5, null, 'x'] } }, id: 'call_1' }] },
  { text: 'cut', stop: 'length' },
  { text: 'no', stop: 'refusal' },
]

const CONTENT_TYPES = ['text/event-stream', 'application/json', 'text/html', 'text/plain; charset=latin1', '']

const PATHS: Readonly<Partial<Record<ProtocolId, readonly [whole: string, streamed: string]>>> = {
  'anthropic-messages': ['/v1/messages', '/v1/messages'],
  'openai-chat': ['/v1/chat/completions', '/v1/chat/completions'],
  'openai-responses': ['/v1/responses', '/v1/responses'],
  gemini: ['/v1beta/models/m:generateContent', '/v1beta/models/m:streamGenerateContent'],
}

function requestFor(protocol: ProtocolId, streamed: boolean): Received {
  const path = PATHS[protocol]?.[streamed ? 1 : 0] ?? ''
  const body = { model: 'm', stream: streamed, stream_options: { include_usage: true } }
  return { path, body, serial: 0, method: 'POST' } as unknown as Received
}

function bentError(random: Random): Answer {
  const body = random.pick([
    { error: { message: 'No.', type: 'invalid_request_error', code: 'x', param: null } },
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
    {
      error: {
        code: 429,
        message: 'Slow down.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ retryDelay: '3s', violations: [{ quotaId: 'x' }] }],
      },
    },
    [{ error: { message: '{"error":{"message":"inner"}}' } }],
    { detail: [{ loc: ['body', 'messages', 0], msg: 'field required' }] },
  ])
  const status = random.pick([400, 401, 403, 404, 413, 418, 422, 429, 500, 502, 503, 529, 302, 599])
  const headers = {
    'content-type': 'application/json',
    'retry-after': random.pick(['1', '-5', 'soon', '1e400', '9'.repeat(40), '']),
  }
  return { status, headers, framing: 'whole', pieces: [corrupted(mutated(body, random), random)] }
}

type FrameBend = (frames: string[], at: number, random: Random) => void

const FRAME_BENDS: readonly FrameBend[] = [
  (frames, at, random) => void (frames[at] = bentFrame(frames[at] as string, random)),
  (frames, at, random) => void (frames[at] = bentFrame(frames[at] as string, random)),
  (frames, at, random) => void (frames[at] = bentFrame(frames[at] as string, random)),
  (frames, at) => void frames.splice(at, 1),
  (frames, at) => void frames.splice(at, 0, frames[at] as string),
  (frames, at, random) => void frames.splice(random.below(frames.length), 0, ...frames.splice(at, 1)),
  (frames, at, random) => void frames.splice(at, 0, random.pick(STRANGERS)),
  (frames, at) => void frames.splice(at),
  (frames, at) => void (frames[at] = (frames[at] as string).replaceAll('\n', '\r\n')),
  (frames, at) => void (frames[at] = (frames[at] as string).slice(0, -1)),
  (frames) => void frames.push(...frames),
  (frames) => void frames.push(...frames.splice(0, frames.length - 1)),
]

/** What has no place in a stream, or not there. */
const STRANGERS: readonly string[] = [
  ': a comment\n\n',
  'data\n\n',
  'data: \n\n',
  'data: null\n\n',
  'data: []\n\n',
  'data: 7\n\n',
  'data: "text"\n\n',
  'data: {}\n\n',
  'data: {"type":null}\n\n',
  'data: [DONE]\n\n',
  'event: error\ndata: {}\n\n',
  'event: error\ndata: "down"\n\n',
  'event: message_stop\ndata: {}\n\n',
  'event: constructor\ndata: {"type":"constructor"}\n\n',
  'data: {"error":{"message":"down","code":503}}\n\n',
  'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
  'data: {"type":"content_block_delta","index":99,"delta":{"type":"text_delta","text":"x"}}\n\n',
  'data: {"type":"content_block_start","index":-1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}\n\n',
  'data: {"type":"content_block_stop","index":0}\n\n',
  'data: {"choices":[]}\n\n',
  'data: {"choices":[{"index":3,"delta":{"tool_calls":[{"index":1e400,"function":{"arguments":"{"}}]}}]}\n\n',
  'data: {"choices":[{"delta":{"content":null,"tool_calls":[{}]},"finish_reason":"tool_calls"}]}\n\n',
  'data: {"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"MALFORMED_FUNCTION_CALL"}]}\n\n',
  'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',
  'data: {"candidates":[{"content":{"parts":[null,7,{"text":"x","thought":"y"}]}}]}\n\n',
  `data: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n\n`,
  `data: {"choices":[{"delta":{"content":${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}}}]}\n\n`,
  `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'x'.repeat(200_000)}"}}\n\n`,
  'data: {"type":"response.completed"}\n\n',
  'data: {"type":"response.output_item.added","output_index":-1,"item":null}\n\n',
  'data: {"type":"response.output_item.done","output_index":1e400,"item":{"type":"custom_tool_call","name":7,"input":{}}}\n\n',
  'data: {"type":"response.output_text.delta","output_index":9,"content_index":-3,"delta":7}\n\n',
  'data: {"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Slow down."}}}\n\n',
  'data: {"type":"response.incomplete","response":{"output":[null,[],{"type":"compaction"}],"incomplete_details":[]}}\n\n',
  '<html><body>502 Bad Gateway</body></html>\n\n',
  '\u0000\u0000\n\n',
]

function bentStream(frames: readonly string[], random: Random): string {
  const bent = [...frames]
  const count = 1 + random.below(4)
  for (let done = 0; done < count && bent.length > 0; done++)
    random.pick(FRAME_BENDS)(bent, random.below(bent.length), random)
  return bent.join('')
}

function bentFrame(frame: string, random: Random): string {
  const match = /^((?:event: .*\n)?data: )(.*)$/m.exec(frame)
  const data = match?.[2]
  if (!match || data === undefined || !data.startsWith('{')) return frame
  try {
    return `${match[1]}${mutated(JSON.parse(data), random)}\n\n`
  } catch {
    // A frame that was bent before may be no JSON any more.
    return frame
  }
}

function inPieces(bytes: Uint8Array, random: Random): Uint8Array[] {
  if (random.chance(0.5) || bytes.length < 2) return [bytes]
  const cut = 1 + random.below(bytes.length - 1)
  return [bytes.slice(0, cut), bytes.slice(cut)]
}

/** All bytes of an answer. */
export function bytesOf(answer: Answer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(answer.pieces.filter(isBytes).map((piece) => Buffer.from(piece as Uint8Array))))
}
