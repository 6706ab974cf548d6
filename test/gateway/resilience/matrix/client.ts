import type { ProtocolId } from '../../../../src/canonical/native.ts'
import { post } from '../../../helper/gateway.ts'

/** What the scripted models say in the matrix. */
export const TEXT = 'Hello, this is the whole answer.'

/** How a client of one protocol asks, and how strictly it reads. */
export interface MatrixClient {
  readonly protocol: ProtocolId
  ask(streamed: boolean): Request
  /** `answer`, `error 429`, `told` for an error inside a stream; anything else is what must never be. */
  read(response: Response): Promise<string>
}

type Loose = ReturnType<typeof JSON.parse>

interface Reading {
  readonly text: string
  readonly isComplete: boolean
  readonly error?: Loose
}

interface Dialect {
  readonly protocol: ProtocolId
  readonly path: (streamed: boolean) => string
  readonly body: object
  readonly whole: (body: Loose) => Reading
  readonly stream: (events: readonly Loose[], isDone: boolean) => Reading
  /** Whether an error is told in the shape of this protocol and of no other. */
  readonly isOwnError: (body: Loose) => boolean
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isOpenai = ({ type, error }: Loose): boolean =>
  type === undefined && isText(error?.message) && 'code' in error && 'param' in error && error.status === undefined

const DIALECTS: readonly Dialect[] = [
  {
    protocol: 'anthropic-messages',
    path: () => '/v1/messages',
    body: { model: 'm', max_tokens: 99, messages: [{ role: 'user', content: 'Hi' }] },
    whole: ({ content = [], stop_reason }) => ({
      text: content.map(({ text = '' }: Loose) => text).join(''),
      isComplete: isText(stop_reason),
    }),
    stream: (events) => ({
      text: events.map(({ delta }) => delta?.text ?? '').join(''),
      isComplete: events.at(-1)?.type === 'message_stop',
      error: events.find(({ type }) => type === 'error'),
    }),
    isOwnError: ({ type, error }) =>
      type === 'error' && /_error$|^request_too_large$/.test(error?.type) && isText(error.message),
  },
  {
    protocol: 'openai-chat',
    path: () => '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    whole: ({ choices = [] }) => ({
      text: choices[0]?.message?.content ?? '',
      isComplete: isText(choices[0]?.finish_reason),
    }),
    stream: (events, isDone) => ({
      text: events.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
      isComplete: isDone && events.some(({ choices }) => isText(choices?.[0]?.finish_reason)),
      error: events.find(({ error }) => error !== undefined),
    }),
    isOwnError: isOpenai,
  },
  {
    protocol: 'openai-responses',
    path: () => '/v1/responses',
    body: { model: 'm', input: 'Hi' },
    whole: ({ output = [], status }) => ({
      text: output.flatMap(({ content = [] }: Loose) => content.map(({ text = '' }: Loose) => text)).join(''),
      isComplete: status === 'completed',
    }),
    stream: (events) => ({
      text: events.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join(''),
      isComplete: events.at(-1)?.type === 'response.completed',
      error: events.find(({ type }) => type === 'response.failed' || type === 'error'),
    }),
    isOwnError: (body) =>
      isOpenai(body) ||
      (body.type === 'response.failed' && isText(body.response?.error?.message)) ||
      (body.type === 'error' && isText(body.message)),
  },
  {
    protocol: 'gemini',
    path: (streamed) => `/v1beta/models/m:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
    whole: ({ candidates = [] }) => ({
      text: (candidates[0]?.content?.parts ?? []).map(({ text = '' }: Loose) => text).join(''),
      isComplete: isText(candidates[0]?.finishReason),
    }),
    stream: (events) => ({
      text: events.map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? '').join(''),
      isComplete: events.some(({ candidates }) => isText(candidates?.[0]?.finishReason)),
      error: events.find(({ error }) => error !== undefined),
    }),
    isOwnError: ({ error }) => Number.isInteger(error?.code) && /^[A-Z_]+$/.test(error.status) && isText(error.message),
  },
]

/** A client of each protocol that is served. */
export const CLIENTS: readonly MatrixClient[] = DIALECTS.map((dialect) => ({
  protocol: dialect.protocol,
  ask(streamed) {
    const isInPath = dialect.protocol === 'gemini'
    const request = post(dialect.path(streamed), isInPath ? dialect.body : { ...dialect.body, stream: streamed })
    if (dialect.protocol !== 'anthropic-messages') request.headers.delete('anthropic-version')
    return request
  },
  async read(response) {
    const text = await response.text()
    const isStream = (response.headers.get('content-type') ?? '').includes('event-stream')
    if (!isStream && response.status !== 200) {
      return dialect.isOwnError(JSON.parse(text)) ? `error ${response.status}` : `WRONG SHAPE ${text}`
    }
    const reading = isStream ? readStream(text, dialect) : dialect.whole(JSON.parse(text))
    if (reading.error !== undefined) {
      if (!dialect.isOwnError(reading.error)) return `WRONG SHAPE ${JSON.stringify(reading.error)}`
      return reading.isComplete ? 'FALSE SUCCESS after an error' : 'told'
    }
    if (!reading.isComplete) return `NO END after "${reading.text}"`
    if (reading.text === '') return 'NOTHING'
    return reading.text === TEXT ? 'answer' : `FALSE SUCCESS with "${reading.text}"`
  },
}))

function readStream(text: string, dialect: Dialect): Reading {
  const data = text.split(/\r?\n\r?\n/).flatMap((frame) => /^data: ?(.*)$/m.exec(frame)?.[1] ?? [])
  const events = data.filter((each) => each !== '[DONE]').map((each) => JSON.parse(each))
  return dialect.stream(events, data.at(-1) === '[DONE]')
}
