import { afterAll, describe, expect, test } from 'bun:test'
import type { ModelEvent } from '../../src/canonical/event.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { decodeSse, encodeSse } from '../../src/protocol/framing/sse.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { chain, type DecodeContext, type Protocol } from '../../src/protocol/protocol.ts'
import type { Provider } from '../../src/provider/provider.ts'
import { faultsOf } from '../helper/event-grammar.ts'
import { answerFaults, endFaults } from '../helper/fuzz/anthropic-answer.ts'
import { bentAnswer, bytesOf } from '../helper/fuzz/answers.ts'
import { createRandom } from '../helper/fuzz/random.ts'
import { scriptedFetch } from '../helper/fuzz/scripted-fetch.ts'
import { post, testGateway, testProvider, type TestGateway } from '../helper/gateway.ts'
import type { Answer } from '../helper/answer.ts'

const SEED = 20260102
const ANSWERS = 5_000

const PROVIDERS = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini',
] as const satisfies readonly ProtocolId[]
const CLIENTS = PROVIDERS.map(codecOf)

const started = performance.now()
console.log(`fuzzing answers with seed ${SEED}`)
afterAll(() => console.log(`fuzzing answers took ${((performance.now() - started) / 1000).toFixed(1)} s`))

describe.each(PROVIDERS)('whatever a provider of %s answers', (protocol) => {
  test(`${ANSWERS} bent answers reach an Anthropic client as well-formed answers or errors`, async () => {
    const random = createRandom(SEED)
    let next: Answer
    const fetch = scriptedFetch(() => next)
    const relaying = testGateway({ providers: [testProvider('http://127.0.0.1:1', protocol)] }, { fetch })
    // To the client's own protocol, too, an edited call goes through the canonical form; but its residue is the provider's.
    const translating = testGateway({ providers: [testProvider('http://127.0.0.1:1', protocol, EDITS)] }, { fetch })
    const findings: string[] = []
    for (let serial = 0; serial < ANSWERS && findings.length < 5; serial++) {
      const stream = random.chance(0.7)
      next = bentAnswer(protocol, stream, random)
      const same = protocol === 'anthropic-messages'
      const gateway = same && random.chance(0.5) ? relaying : translating
      const found = await faultsFor(gateway, random.chance(0.9) ? stream : !stream, same)
      if (found.length > 0) findings.push(describeFinding(serial, found, next))
    }
    expect(findings).toEqual([])
  }, 60_000)

  test.each(CLIENTS.map((client) => [client.id, client] as const))(
    `${ANSWERS} bent streams reach a client of %s as well-formed streams`,
    (_, client) => {
      const random = createRandom(SEED + 1)
      const findings: string[] = []
      for (let serial = 0; serial < ANSWERS && findings.length < 5; serial++) {
        const answer = bentAnswer(protocol, true, random)
        const found = streamFaults(codecOf(protocol), client, answer)
        if (found.length > 0) findings.push(describeFinding(serial, found, answer))
      }
      expect(findings).toEqual([])
    },
    60_000,
  )
})

/** An accent that edits requests without a change to them: nothing is relayed. */
const EDITS: Partial<Provider> = { dialects: [{ name: 'cleancache', options: {} }] }

async function faultsFor({ gateway, lines }: TestGateway, stream: boolean, same: boolean): Promise<string[]> {
  const known = lines.length
  const before = process.cpuUsage()
  const response = await gateway(
    post('/v1/messages', { model: 'm', max_tokens: 9, stream, messages: [{ role: 'user', content: 'x' }] }),
  )
  try {
    const bytes = new Uint8Array(await response.arrayBuffer())
    const { user, system } = process.cpuUsage(before)
    const ours = lines.slice(known).filter(({ level }) => level === 'error' || level === 'fatal')
    return [
      ...wellFormed(response, bytes, same),
      ...((user + system) / 1000 > 1000 ? ['took more than a second'] : []),
      ...ours.map(({ message, fields }) => `${message}: ${String(fields.error)}`),
    ]
  } catch (cause) {
    return [`the answer broke off: ${String(cause)}`]
  }
}

// In the client's own protocol what a provider says is its own, odd or not; only the end is ours.
function wellFormed(response: Response, bytes: Uint8Array, same: boolean): string[] {
  if (!same || !response.ok) return answerFaults(response, bytes)
  const isStream = response.headers.get('content-type')?.includes('event-stream')
  return isStream ? endFaults(bytes) : []
}

function streamFaults(provider: Protocol, client: Protocol, answer: Answer): string[] {
  let ids = 0
  const id = (prefix: string): string => `${prefix}${++ids}`
  const context: DecodeContext = { provider: 'mock', model: 'mock-model', id }
  const decoder = chain(decodeSse(), provider.decodeStream(context))
  const events = [...decoder.push(bytesOf(answer)), ...decoder.end()]
  const encoder = client.encodeStream({ id, created: 0, model: 'm' })
  const text = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()].map(encodeSse).join('')
  const reader = chain(decodeSse(), client.decodeStream(context))
  const heard = [...reader.push(new TextEncoder().encode(text)), ...reader.end()]
  const [told, last] = [events.at(-1)?.type, heard.at(-1)?.type]
  return [
    ...faultsOf(events).map((fault) => `decoded: ${fault}`),
    ...faultsOf(heard).map((fault) => `told: ${fault}`),
    ...(told === 'finish' || last === 'error' ? [] : [`${told} was told as ${last}: ${summary(events)}`]),
  ]
}

function summary(events: readonly ModelEvent[]): string {
  return events
    .map(({ type }) => type)
    .join(' ')
    .slice(-200)
}

function describeFinding(serial: number, found: readonly string[], answer: Answer): string {
  const text = new TextDecoder().decode(bytesOf(answer))
  return `answer ${serial}: ${found.join('; ')}\n${answer.status} ${JSON.stringify(answer.headers)}\n${text.slice(0, 3000)}`
}
