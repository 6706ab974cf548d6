// What translation costs for each pair of protocols. `bun run bench codecs [rounds]`. A request of a coding agent (150 KB,
// 40 tools, 60 turns) from text to text, against reading and writing the same JSON; and a frame of a streamed answer, from the
// provider's to the client's. Time is that of the processor, which neighbours on the machine do not change. Ends with 1 if a pair costs more than 3 times the JSON, or more than 5 microseconds a frame.
import type { ModelEvent } from '../../src/canonical/event.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { decodeRequest } from '../../src/protocol/anthropic-messages/decode-request.ts'
import { protocols } from '../../src/protocol/index.ts'
import type { Frame, Protocol } from '../../src/protocol/protocol.ts'

const MOST_TIMES_JSON = 3
const MOST_US_A_FRAME = 5
const rounds = Number(process.argv[2] ?? 15)
const clients: readonly ProtocolId[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini']
const providers = Object.keys(protocols) as ProtocolId[]

const target = { provider: 'bench', model: 'bench-model', traits: {} }
const decoding = { ...target, id: (prefix: string) => `${prefix}1` }
const encoding = { model: 'bench-model', created: 1, id: (prefix: string) => `${prefix}1` }

const rows: { client: string; provider: string; 'times JSON': string; 'us a frame': string }[] = []
let missed = 0
for (const client of clients) {
  for (const provider of providers) {
    const [from, to] = [protocols[client] as Protocol, protocols[provider] as Protocol]
    const times = requestCost(from, to)
    const us = frameCost(from, to)
    if (times > MOST_TIMES_JSON || us > MOST_US_A_FRAME) missed++
    rows.push({ client, provider, 'times JSON': times.toFixed(2), 'us a frame': us.toFixed(2) })
  }
}
console.table(rows)
if (missed > 0) {
  console.log(`missed by ${missed} pairs: at most ${MOST_TIMES_JSON} times JSON and ${MOST_US_A_FRAME} us a frame`)
  process.exit(1)
}

/** How many times what parsing and writing the same text takes, side by side: the median of rounds. */
function requestCost(from: Protocol, to: Protocol): number {
  const { wire } = from.encodeRequest(canonical(), target)
  const text = JSON.stringify(wire.body)
  const plain = (): string => JSON.stringify(JSON.parse(text))
  const translated = (): string => {
    const request = from.decodeRequest({ ...wire, body: JSON.parse(text) })
    return JSON.stringify(to.encodeRequest({ ...request, model: target.model }, target).wire.body)
  }
  return median(Array.from({ length: rounds }, () => timeOf(translated, 20) / timeOf(plain, 20)))
}

/** Microseconds for one frame of words, from the provider's frame to the client's. */
function frameCost(from: Protocol, to: Protocol): number {
  const encoder = to.encodeStream(encoding)
  const frames = events().flatMap((event) => encoder.push(event))
  const times = Array.from({ length: rounds }, () => timeOf(() => translate(frames, from, to), 2))
  return (median(times) * 1000) / frames.length
}

function translate(frames: readonly Frame[], from: Protocol, to: Protocol): number {
  const decoder = to.decodeStream(decoding)
  const encoder = from.encodeStream(encoding)
  let size = 0
  for (const frame of frames) {
    for (const event of decoder.push(frame)) for (const told of encoder.push(event)) size += told.data.length
  }
  return size
}

/** Milliseconds of the processor for one call. */
function timeOf(run: () => unknown, calls: number): number {
  const start = process.cpuUsage()
  for (let call = 0; call < calls; call++) run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000 / calls
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] as number
}

function events(): ModelEvent[] {
  const words = Array.from({ length: 2000 }, (_, index) => `word ${index} of “it” `)
  return [
    { type: 'start', id: 'answer', model: 'bench-model' },
    { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
    ...words.map((text) => ({ type: 'part-delta', index: 0, text }) as const),
    { type: 'part-end', index: 0, part: { type: 'text', text: words.join('') } },
    { type: 'usage', usage: { input: 100, cacheRead: 0, cacheWrite: 0, output: 2000 } },
    { type: 'finish', reason: { kind: 'stop' } },
  ]
}

function canonical() {
  const prose = 'The parser reads a line, keeps its place, and “says” what it found → next. '
  const turns = Array.from({ length: 30 }, (_, turn) => [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: prose.repeat(4) },
        {
          type: 'tool_use',
          id: `toolu_${turn}`,
          name: `tool_${turn % 40}`,
          input: { path: `src/${turn}.ts`, lines: [1, turn] },
        },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${turn}`, content: prose.repeat(40) }] },
  ])
  const property = { type: 'string', description: prose }
  const tools = Array.from({ length: 40 }, (_, index) => ({
    name: `tool_${index}`,
    description: prose.repeat(6),
    input_schema: {
      type: 'object',
      properties: { path: property, lines: { type: 'array', items: { type: 'integer' } }, mode: { enum: ['a', 'b'] } },
      required: ['path'],
    },
  }))
  return decodeRequest({
    path: '/messages',
    query: '',
    headers: {},
    body: {
      model: 'bench-model',
      max_tokens: 32_000,
      stream: true,
      system: [{ type: 'text', text: prose.repeat(150) }],
      messages: [{ role: 'user', content: 'Begin.' }, ...turns.flat()],
      tools,
    },
  })
}
