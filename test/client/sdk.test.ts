import type Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'bun:test'

import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { SIGNATURE } from '../helper/turn-anthropic.ts'
import { THOUGHT_SIGNATURE } from '../helper/turn-gemini.ts'
import { USAGE } from '../helper/turn.ts'
import { anthropicMessages, gemini, openaiChat } from './config.ts'
import { conversationOf } from './conversation.ts'
import { IMAGE, LIMIT_MS } from './play.ts'
import { ask, CLIENT_KEY, openStage, saying } from './sdk-stage.ts'

const tools: Anthropic.Tool[] = [
  { name: 'look', description: 'Look', input_schema: { type: 'object', properties: { at: { type: 'string' } } } },
]

const protocols = [
  { ...anthropicMessages, countsTokens: true, signature: SIGNATURE },
  { ...openaiChat, countsTokens: false, signature: undefined },
  { ...gemini, countsTokens: false, signature: THOUGHT_SIGNATURE },
]

describe.each(protocols)('the Anthropic SDK through ccr to $name', (protocol) => {
  const counted = protocol.usage(USAGE)
  const usage = {
    input_tokens: counted.input,
    output_tokens: counted.output,
    cache_read_input_tokens: counted.cacheRead,
    cache_creation_input_tokens: counted.cacheWrite,
  }

  test(
    'streams text as it comes, and its usage',
    async () => {
      await using stage = await openStage(protocol, saying({ text: 'Grüße aus dem Modell 🙂 — ende' }))
      const seen: string[] = []
      const message = await stage.client.messages
        .stream(ask)
        .on('text', (text) => seen.push(text))
        .finalMessage()
      expect(message.content).toMatchObject([{ type: 'text', text: 'Grüße aus dem Modell 🙂 — ende' }])
      expect(seen.length).toBeGreaterThan(1)
      expect(message).toMatchObject({ role: 'assistant', stop_reason: 'end_turn', usage })
    },
    LIMIT_MS,
  )

  test(
    'answers whole what a stream answers in pieces',
    async () => {
      const turn = { reasoning: 'Let me see.', text: 'Looking.', calls: [{ name: 'look', input: { at: 'ünïcode' } }] }
      await using stage = await openStage(protocol, saying(turn))
      const streamed = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const whole = await stage.client.messages.create({ ...ask, tools })
      expect(kinds(whole)).toEqual(kinds(streamed))
      expect(whole).toMatchObject({ stop_reason: 'tool_use', usage })
    },
    LIMIT_MS,
  )

  test(
    'calls tools in parallel and takes their results',
    async () => {
      const calls = ['one', 'two'].map((at) => ({ name: 'look', input: { at } }))
      await using stage = await openStage(protocol, (request) =>
        answerTurn(request, request.serial ? { text: 'Done.' } : { calls }),
      )
      const called = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const uses = called.content.filter((block) => block.type === 'tool_use')
      expect(uses.map(({ input }) => input)).toEqual([{ at: 'one' }, { at: 'two' }])
      const results = uses.map(({ id }, index) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: `result ${index}`,
      }))
      const messages = [
        ...ask.messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: results },
      ]
      const done = await stage.client.messages.create({ ...ask, tools, messages: messages as Anthropic.MessageParam[] })
      expect(kinds(done)).toEqual([['text', 'Done.']])
      const { messages: seen } = conversationOf(await stage.upstream.request(2))
      expect(seen.filter(({ role }) => role === 'tool').map(({ text }) => text)).toEqual(['result 0', 'result 1'])
    },
    LIMIT_MS,
  )

  test.skipIf(!protocol.signature)(
    'what the model signed comes back to it',
    async () => {
      const turn = { reasoning: 'I must look.', calls: [{ name: 'look', input: { at: 'one' } }] }
      await using stage = await openStage(protocol, (request) =>
        answerTurn(request, request.serial ? { text: 'Done.' } : turn),
      )
      const { content } = await stage.client.messages.stream({ ...ask, tools }).finalMessage()
      const use = content.find((block) => block.type === 'tool_use')
      const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'seen' }
      const messages: Anthropic.MessageParam[] = [
        ...ask.messages,
        { role: 'assistant', content },
        { role: 'user', content: [result] },
      ]
      await stage.client.messages.create({ ...ask, tools, messages })
      const { text } = await stage.upstream.request(2)
      expect(text.split(`"${protocol.signature}"`)).toHaveLength(2)
    },
    LIMIT_MS,
  )

  test(
    'brings an image to the model as an image',
    async () => {
      await using stage = await openStage(protocol, saying({ text: 'Red.' }))
      const source = { type: 'base64', media_type: 'image/png', data: IMAGE } as const
      const content = [
        { type: 'text', text: 'What is it?' },
        { type: 'image', source },
      ] satisfies Anthropic.ContentBlockParam[]
      await stage.client.messages.create({ ...ask, messages: [{ role: 'user', content }] })
      const { messages } = conversationOf(await stage.upstream.request())
      expect(messages.flatMap(({ images }) => images)).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
    },
    LIMIT_MS,
  )

  test(
    'shows the thinking before the text',
    async () => {
      await using stage = await openStage(protocol, saying({ reasoning: 'Hm, let me think.', text: 'Yes.' }))
      const thinking = { type: 'enabled', budget_tokens: 1024 } as const
      const message = await stage.client.messages.stream({ ...ask, max_tokens: 4000, thinking }).finalMessage()
      expect(kinds(message)).toEqual([
        ['thinking', 'Hm, let me think.'],
        ['text', 'Yes.'],
      ])
      if (!protocol.returnsReasoning) return
      expect(message.content[0]).toMatchObject({ signature: SIGNATURE })
    },
    LIMIT_MS,
  )

  test(
    'counts tokens',
    async () => {
      await using stage = await openStage(protocol, (request) =>
        request.path.endsWith('/count_tokens') ? json({ input_tokens: 77 }) : answerTurn(request, { text: 'no' }),
      )
      const { input_tokens } = await stage.client.messages.countTokens({ model: ask.model, messages: ask.messages })
      // Anthropic counts itself; of a Chat provider's model only ccr can tell: three words and what frames them.
      if (protocol.countsTokens) expect(input_tokens).toBe(77)
      else expect(input_tokens).toBeWithin(2, 30)
    },
    LIMIT_MS,
  )

  test(
    'lists the models of the config',
    async () => {
      await using stage = await openStage(protocol, saying({ text: 'no' }))
      const { data } = await stage.client.models.list()
      expect(data.map(({ id }) => id).join(' ')).toContain('scripted-model')
    },
    LIMIT_MS,
  )

  test(
    'a base URL with /v1 works as well',
    async () => {
      await using stage = await openStage(protocol, saying({ text: 'Here.' }), '/v1')
      expect(kinds(await stage.client.messages.create(ask))).toEqual([['text', 'Here.']])
    },
    LIMIT_MS,
  )

  test(
    'the provider gets its own key and model, and the client’s key goes nowhere',
    async () => {
      await using stage = await openStage(protocol, saying({ text: 'Here.' }))
      await stage.client.messages.create(ask)
      const request = await stage.upstream.request()
      const { authorization, 'x-api-key': key, 'x-goog-api-key': googleKey } = request.headers
      expect([authorization, key, googleKey].join(' ')).toContain('scripted-key')
      expect(JSON.stringify([request.headers, [...request.query]])).not.toContain(CLIENT_KEY)
      expect(conversationOf(request).model).toBe('scripted-model')
    },
    LIMIT_MS,
  )
})

/** What a message is made of, without ids and signatures. */
function kinds(message: Anthropic.Message): unknown[] {
  return message.content.map((block) => {
    if (block.type === 'text') return [block.type, block.text]
    if (block.type === 'thinking') return [block.type, block.thinking]
    return block.type === 'tool_use' ? [block.type, block.name, block.input] : [block.type]
  })
}
