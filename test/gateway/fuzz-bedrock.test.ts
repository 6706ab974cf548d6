import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEventStream } from '../../src/protocol/framing/aws-eventstream.ts'
import { decodeSse, encodeSse } from '../../src/protocol/framing/sse.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { chain, type DecodeContext, type Frame, type Protocol } from '../../src/protocol/protocol.ts'
import type { Endpoint } from '../../src/provider/provider.ts'
import { faultsOf } from '../helper/event-grammar.ts'
import { eventMessage, rawMessage } from '../helper/event-stream.ts'
import { answerFaults, endFaults } from '../helper/fuzz/anthropic-answer.ts'
import { mutated } from '../helper/fuzz/mutate.ts'
import { createRandom, type Random } from '../helper/fuzz/random.ts'
import { scriptedFetch } from '../helper/fuzz/scripted-fetch.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import type { Answer } from '../helper/answer.ts'

const SEED = 20260103
const ANSWERS = 2_000

const fixtures = join(import.meta.dir, '../fixture')
const CONVERSE = streamsIn('bedrock-converse')
const ANTHROPIC = streamsIn('anthropic-messages')

describe('whatever Bedrock streams', () => {
  test.each(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const)(
    `${ANSWERS} bent streams of Converse reach a client of %s as well-formed streams`,
    (id) => {
      const random = createRandom(SEED)
      for (let serial = 0; serial < ANSWERS; serial++) {
        const bytes = bentStream(random.pick(CONVERSE), wrapConverse, random)
        expect({ serial, faults: streamFaults(bytes, codecOf(id), random) }).toEqual({ serial, faults: [] })
      }
    },
    60_000,
  )

  test.each([
    ['Converse', CONVERSE, wrapConverse, {}],
    ['invoke', ANTHROPIC, wrapInvoke, { protocol: 'anthropic-messages', addressing: 'bedrock-invoke' }],
  ] as const)(
    `${ANSWERS} bent streams of %s reach an Anthropic client with an end of ours`,
    async (name, streams, wrap, more) => {
      const random = createRandom(SEED + 1)
      let next: Answer
      const endpoint: Endpoint = {
        protocol: 'bedrock-converse',
        baseUrl: 'http://127.0.0.1:1',
        query: '',
        auth: 'aws-sigv4',
        ...more,
      }
      const provider = testProvider('http://127.0.0.1:1', 'bedrock-converse', { endpoints: [endpoint] })
      const { gateway } = testGateway({ providers: [provider] }, { fetch: scriptedFetch(() => next) })
      for (let serial = 0; serial < ANSWERS; serial++) {
        const pieces = [bentStream(random.pick(streams), wrap, random)]
        const type = random.chance(0.95)
          ? 'application/vnd.amazon.eventstream'
          : random.pick(['application/json', '', 'text/event-stream'])
        next = { status: 200, headers: { 'content-type': type }, framing: 'chunked', pieces }
        const messages = [{ role: 'user', content: 'x' }]
        // oxlint-disable-next-line no-await-in-loop -- one finding at a time
        const response = await gateway(
          post('/v1/messages', { model: 'm', max_tokens: 9, stream: random.chance(0.9), messages }),
        )
        // oxlint-disable-next-line no-await-in-loop
        const bytes = new Uint8Array(await response.arrayBuffer())
        const isStream = response.headers.get('content-type')?.includes('event-stream')
        // What Claude itself said is its own, odd or not; only the end is ours.
        const faults =
          name === 'Converse' || !response.ok ? answerFaults(response, bytes) : isStream ? endFaults(bytes) : []
        expect({ serial, faults }).toEqual({ serial, faults: [] })
      }
    },
    60_000,
  )
})

function streamFaults(bytes: Uint8Array, client: Protocol, random: Random): string[] {
  let ids = 0
  const id = (prefix: string): string => `${prefix}${++ids}`
  const context: DecodeContext = { provider: 'mock', model: 'mock-model', id }
  const decoder = chain(decodeEventStream(), codecOf('bedrock-converse').decodeStream(context))
  const cut = random.below(bytes.length + 1)
  const events = [...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut)), ...decoder.end()]
  const encoder = client.encodeStream({ id, created: 0, model: 'm' })
  const text = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()].map(encodeSse).join('')
  const reader = chain(decodeSse(), client.decodeStream(context))
  const heard = [...reader.push(new TextEncoder().encode(text)), ...reader.end()]
  const [told, last] = [events.at(-1)?.type, heard.at(-1)?.type]
  return [
    ...faultsOf(events).map((fault) => `decoded: ${fault}`),
    ...faultsOf(heard).map((fault) => `told: ${fault}`),
    ...(told === 'finish' || last === 'error' ? [] : [`${told} was told as ${last}`]),
  ]
}

type Wrap = (frame: Frame) => Uint8Array

function wrapConverse({ event = '', data }: Frame): Uint8Array {
  const isException = event.endsWith('Exception')
  const type = isException ? 'exception' : 'event'
  return eventMessage({ [`:${type}-type`]: event, ':content-type': 'application/json', ':message-type': type }, data)
}

function wrapInvoke({ data }: Frame): Uint8Array {
  const bytes = Buffer.from(data).toString('base64')
  return wrapConverse({ event: 'chunk', data: JSON.stringify({ bytes, p: 'abcdef' }) })
}

type Bend = (messages: Uint8Array[], at: number, frame: Frame, wrap: Wrap, random: Random) => void

const BENDS: readonly Bend[] = [
  (messages, at, frame, wrap, random) => void (messages[at] = wrap({ ...frame, data: bentJson(frame.data, random) })),
  (messages, at, frame, wrap, random) => void (messages[at] = wrap({ ...frame, data: bentJson(frame.data, random) })),
  (messages, at) => void messages.splice(at, 1),
  (messages, at) => void messages.splice(at, 0, messages[at] as Uint8Array),
  (messages, at, _frame, _wrap, random) =>
    void messages.splice(random.below(messages.length), 0, ...messages.splice(at, 1)),
  (messages, at) => void messages.splice(at),
  (messages, at, _frame, _wrap, random) => void messages.splice(at, 0, random.pick(STRANGERS)),
  (messages, at, _frame, _wrap, random) => void (messages[at] = corrupted(messages[at] as Uint8Array, random)),
]

/** What has no place in a stream, or not there. */
const STRANGERS: readonly Uint8Array[] = [
  wrapConverse({ event: 'throttlingException', data: '{"message":"slow down"}' }),
  wrapConverse({ event: 'modelStreamErrorException', data: '{"originalStatusCode":"x"}' }),
  wrapConverse({ event: 'internalServerException', data: 'no JSON' }),
  wrapConverse({ event: 'constructor', data: '{}' }),
  wrapConverse({ event: '__proto__', data: '[]' }),
  wrapConverse({ event: 'chunk', data: '{"bytes":"bm8gSlNPTg=="}' }),
  wrapConverse({ event: 'chunk', data: '{"bytes":7}' }),
  wrapConverse({ event: 'metadata', data: '{"usage":{"inputTokens":1e400,"outputTokens":-3}}' }),
  wrapConverse({ event: 'contentBlockDelta', data: '{"contentBlockIndex":-1,"delta":{"toolUse":{"input":"{"}}}' }),
  wrapConverse({ event: 'contentBlockStart', data: '{"contentBlockIndex":0,"start":{"toolUse":{}}}' }),
  wrapConverse({ event: 'messageStop', data: '{"stopReason":"malformed_tool_use"}' }),
  eventMessage({ ':message-type': 'error', ':error-code': '500', ':error-message': 'it broke' }, ''),
  rawMessage(new Uint8Array(), new Uint8Array()),
  new TextEncoder().encode('HTTP/1.1 502 Bad Gateway'),
]

function bentStream(frames: readonly Frame[], wrap: Wrap, random: Random): Uint8Array<ArrayBuffer> {
  const messages = frames.map(wrap)
  const count = 1 + random.below(4)
  for (let done = 0; done < count && messages.length > 0; done++) {
    const at = random.below(messages.length)
    random.pick(BENDS)(messages, at, frames[at] ?? { data: '{}' }, wrap, random)
  }
  return new Uint8Array(Buffer.concat(messages))
}

function bentJson(data: string, random: Random): string {
  return mutated(JSON.parse(data), random)
}

function corrupted(message: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(message)
  copy[random.below(copy.length)] = random.below(256)
  return random.chance(0.3) ? copy.subarray(0, random.below(copy.length)) : copy
}

function streamsIn(protocol: string): Frame[][] {
  const folder = join(fixtures, protocol)
  return readdirSync(folder).flatMap((name) => {
    try {
      const step = decodeSse()
      return [[...step.push(new Uint8Array(readFileSync(join(folder, name, 'stream.sse')))), ...step.end()]]
    } catch {
      return []
    }
  })
}
