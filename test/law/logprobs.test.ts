import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { Logprob, TokenLogprob } from '../../src/canonical/logprobs.ts'
import { createCollector, eventsOf, type ModelReply } from '../../src/canonical/reply.ts'
import { codecOf } from '../../src/protocol/index.ts'
import { chain, type Frame } from '../../src/protocol/protocol.ts'

const SPEAKERS = ['openai-chat', 'openai-responses', 'gemini'] as const
type Speaker = (typeof SPEAKERS)[number]

const TEXT = ['Hel', 'lo', ' 👋']
const TOKENS: TokenLogprob[] = TEXT.map((token, index) => ({
  token,
  logprob: -0.1 * (index + 1),
  top: [
    { token, logprob: -0.1 * (index + 1) },
    { token: `${token}?`, logprob: -5 },
  ],
}))

const decoding = { provider: 'p', model: 'm', id: (prefix: string) => `${prefix}1` }
const encoding = { model: 'm', created: 1, id: (prefix: string) => `${prefix}1` }
const bytesOf = (token: string): number[] => [...new TextEncoder().encode(token)]

const inOpenai = ({ token, logprob, top }: TokenLogprob): JsonObject => ({
  token,
  logprob,
  bytes: bytesOf(token),
  top_logprobs: (top ?? []).map((other) => ({ ...other, bytes: bytesOf(other.token) })),
})
const inGemini = ({ token, logprob }: Logprob): JsonObject => ({ token, logProbability: logprob })
const result = (tokens: readonly TokenLogprob[]): JsonObject => ({
  topCandidates: tokens.map(({ top }) => ({ candidates: (top ?? []).map(inGemini) })),
  chosenCandidates: tokens.map(inGemini),
})
const block = (tokens: readonly TokenLogprob[]): JsonObject => ({
  type: 'output_text',
  text: TEXT.join(''),
  annotations: [],
  logprobs: tokens.map(inOpenai),
})
const item = (content: JsonObject[]): JsonObject => ({
  type: 'message',
  id: 'i',
  role: 'assistant',
  status: 'completed',
  content,
})

/** How each protocol's provider tells the whole answer. */
const WHOLE: Readonly<Record<Speaker, JsonObject>> = {
  'openai-chat': {
    id: 'a',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: TEXT.join('') },
        logprobs: { content: TOKENS.map(inOpenai), refusal: null },
        finish_reason: 'stop',
      },
    ],
  },
  'openai-responses': { id: 'a', object: 'response', model: 'm', status: 'completed', output: [item([block(TOKENS)])] },
  gemini: {
    candidates: [
      {
        content: { role: 'model', parts: [{ text: TEXT.join('') }] },
        finishReason: 'STOP',
        index: 0,
        logprobsResult: result(TOKENS),
      },
    ],
    modelVersion: 'm',
    responseId: 'a',
  },
}

const chunk = (choice: JsonObject): Frame => ({
  data: JSON.stringify({ id: 'a', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, ...choice }] }),
})
const event = (type: string, fields: JsonObject): Frame => ({ event: type, data: JSON.stringify({ type, ...fields }) })
const at = { item_id: 'i', output_index: 0, content_index: 0 }
const brief = ({ token, logprob, top }: TokenLogprob): JsonObject => ({
  token,
  logprob,
  top_logprobs: (top ?? []) as never,
})

/** How it streams it, a token in each frame. */
const STREAMED: Readonly<Record<Speaker, readonly Frame[]>> = {
  'openai-chat': [
    chunk({ delta: { role: 'assistant', content: '' }, logprobs: { content: [] }, finish_reason: null }),
    ...TOKENS.map((token) =>
      chunk({ delta: { content: token.token }, logprobs: { content: [inOpenai(token)] }, finish_reason: null }),
    ),
    chunk({ delta: {}, logprobs: null, finish_reason: 'stop' }),
    { data: '[DONE]' },
  ],
  'openai-responses': [
    event('response.created', { response: { id: 'a', model: 'm', status: 'in_progress', output: [] } }),
    event('response.output_item.added', { output_index: 0, item: item([]) }),
    event('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } }),
    ...TOKENS.map((token) =>
      event('response.output_text.delta', { ...at, delta: token.token, logprobs: [brief(token)] }),
    ),
    event('response.output_text.done', { ...at, text: TEXT.join(''), logprobs: TOKENS.map(brief) }),
    event('response.content_part.done', { ...at, part: block(TOKENS) }),
    event('response.output_item.done', { output_index: 0, item: item([block(TOKENS)]) }),
    event('response.completed', {
      response: { id: 'a', model: 'm', status: 'completed', output: [item([block(TOKENS)])] },
    }),
  ],
  gemini: [
    ...TOKENS.map((token) => ({
      data: JSON.stringify({
        candidates: [
          { content: { role: 'model', parts: [{ text: token.token }] }, index: 0, logprobsResult: result([token]) },
        ],
        modelVersion: 'm',
        responseId: 'a',
      }),
    })),
    {
      data: JSON.stringify({ candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'STOP', index: 0 }] }),
    },
  ],
}

const PAIRS = SPEAKERS.flatMap((provider) => SPEAKERS.map((client) => [provider, client] as const))

describe('how likely the tokens of an answer were', () => {
  test.each(PAIRS)('is told whole by a provider of %s to a client of %s', (provider, client) => {
    const reply = codecOf(provider).decodeReply(WHOLE[provider], decoding)
    const told = codecOf(client).encodeReply(reply, encoding)
    expect(tokensIn(codecOf(client).decodeReply(told, decoding))).toEqual(TOKENS)
    expect(told).toMatchObject(essenceOf(client))
  })

  test.each(PAIRS)('is told the same where what is %s’s own is forgotten, to a client of %s', (provider, client) => {
    const { native: _, ...reply } = codecOf(provider).decodeReply(WHOLE[provider], decoding)
    const parts = reply.parts.map(({ native: __, ...part }) => part as (typeof reply.parts)[number])
    expect(codecOf(client).encodeReply({ ...reply, parts }, encoding)).toMatchObject(essenceOf(client))
  })

  test.each(PAIRS)('is streamed by a provider of %s to a client of %s', (provider, client) => {
    const step = chain(codecOf(provider).decodeStream(decoding), codecOf(client).encodeStream(encoding))
    const frames = [...STREAMED[provider].flatMap((frame) => step.push(frame)), ...step.end()]
    expect(tokensIn(collected(client, frames))).toEqual(TOKENS)
    // With its words, not only at the end.
    const first = frames.find(({ data }) => data.includes('Hel'))?.data ?? ''
    expect(first).toMatch(/"(?:logprob|logProbability)":-0\.1/)
    expect(first).not.toContain('👋')
  })

  test.each(PAIRS)('is streamed of a whole answer by a provider of %s to a client of %s', (provider, client) => {
    const encoder = codecOf(client).encodeStream(encoding)
    const events = eventsOf(codecOf(provider).decodeReply(WHOLE[provider], decoding))
    const frames = [...events.flatMap((each) => encoder.push(each)), ...encoder.end()]
    expect(tokensIn(collected(client, frames))).toEqual(TOKENS)
  })

  test('that a provider tells only after the text is told after it', () => {
    const late = [
      ...TEXT.map((text) => chunk({ delta: { content: text }, finish_reason: null })),
      chunk({ delta: {}, logprobs: { content: TOKENS.map(inOpenai) }, finish_reason: 'stop' }),
    ]
    for (const client of SPEAKERS) {
      const step = chain(codecOf('openai-chat').decodeStream(decoding), codecOf(client).encodeStream(encoding))
      const frames = [...late.flatMap((frame) => step.push(frame)), ...step.end()]
      expect(tokensIn(collected(client, frames))).toEqual(TOKENS)
    }
  })

  test('is not asked of a client that cannot be told', () => {
    const reply = codecOf('gemini').decodeReply(WHOLE.gemini, decoding)
    for (const client of ['anthropic-messages', 'bedrock-converse'] as const)
      expect(JSON.stringify(codecOf(client).encodeReply(reply, encoding))).not.toContain('-0.1')
  })

  test('of half a character has no bytes', () => {
    const half = { token: '\uFFFD', logprob: -1 }
    const reply: ModelReply = { parts: [{ type: 'text', text: '👋', logprobs: [half] }], finish: { kind: 'stop' } }
    expect(codecOf('openai-chat').encodeReply(reply, encoding)).toMatchObject({
      choices: [{ logprobs: { content: [{ ...half, bytes: null, top_logprobs: [] }] } }],
    })
  })
})

/** What the client's own shape holds of it. */
function essenceOf(client: Speaker): JsonObject {
  const tokens = TOKENS.map(inOpenai)
  if (client === 'gemini') return { candidates: [{ logprobsResult: result(TOKENS) }] }
  return client === 'openai-chat'
    ? { choices: [{ logprobs: { content: tokens, refusal: null } }] }
    : { output: [{ content: [{ logprobs: tokens }] }] }
}

function collected(client: Speaker, frames: readonly Frame[]): ModelReply {
  const decoder = codecOf(client).decodeStream(decoding)
  const collector = createCollector()
  for (const frame of frames) for (const told of decoder.push(frame)) collector.push(told)
  for (const told of decoder.end()) collector.push(told)
  return collector.end() as ModelReply
}

/** Without bytes, which Gemini does not tell. */
function tokensIn({ parts }: ModelReply): TokenLogprob[] {
  const bare = ({ token, logprob }: Logprob): Logprob => ({ token, logprob })
  return parts.flatMap((part) =>
    part.type === 'text'
      ? (part.logprobs ?? []).map(({ top, ...token }) => ({ ...bare(token), top: (top ?? []).map(bare) }))
      : [],
  )
}
