import { ApiError, GoogleGenAI, type Content, type GenerateContentResponse, type Tool } from '@google/genai'
import { describe, expect, test } from 'bun:test'

import { json, stopAfter } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { THOUGHT_SIGNATURE } from '../helper/turn-gemini.ts'
import { USAGE, type Turn } from '../helper/turn.ts'
import type { Script } from '../helper/upstream.ts'
import { anthropicMessages, gemini, openaiChat, openaiResponses, type ServedProtocol } from './config.ts'
import { conversationOf } from './conversation.ts'
import { IMAGE, LIMIT_MS } from './play.ts'
import { serve, type Served } from './served.ts'

const CLIENT_KEY = 'clients-own-key'
const MODEL = 'gemini-scripted'
const QUESTION = { model: MODEL, contents: 'Hello 🙂' }

const tools: Tool[] = [
  {
    functionDeclarations: [
      {
        name: 'look',
        description: 'Look',
        parametersJsonSchema: { type: 'object', properties: { at: { type: 'string' } } },
      },
    ],
  },
]

const protocols = [
  { ...anthropicMessages, signs: false },
  { ...openaiChat, signs: false },
  { ...openaiResponses, signs: false },
  { ...gemini, signs: true },
]

describe.each(protocols)('Google’s SDK through ccr to $name', (protocol) => {
  test(
    'streams text as it comes, and its usage',
    async () => {
      await using stage = await open(protocol, saying({ text: 'Grüße aus dem Modell 🙂 — ende' }))
      const seen: GenerateContentResponse[] = []
      for await (const chunk of await stage.client.models.generateContentStream(QUESTION)) seen.push(chunk)
      const texts = seen.flatMap(({ text }) => text || [])
      expect(texts.join('')).toBe('Grüße aus dem Modell 🙂 — ende')
      expect(texts.length).toBeGreaterThan(1)
      expect(seen.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP' as never)
      expect(seen.at(-1)?.usageMetadata).toMatchObject({
        promptTokenCount: USAGE.input + USAGE.cacheRead + USAGE.cacheWrite,
        cachedContentTokenCount: USAGE.cacheRead,
        totalTokenCount: USAGE.input + USAGE.cacheRead + USAGE.cacheWrite + USAGE.output,
      })
    },
    LIMIT_MS,
  )

  test(
    'answers whole what a stream answers in pieces, in either version of the API',
    async () => {
      const turn = { reasoning: 'Let me see.', text: 'Looking.', calls: [{ name: 'look', input: { at: 'ünïcode' } }] }
      await using stage = await open(protocol, saying(turn))
      const config = { tools, thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } }
      const beta = open.client(stage.url, 'v1beta')
      const streamed: unknown[] = []
      for await (const chunk of await beta.models.generateContentStream({ ...QUESTION, config }))
        streamed.push(...partsIn(chunk))
      const whole = await stage.client.models.generateContent({ ...QUESTION, config })
      expect(partsIn(whole)).toEqual([
        ['thought', 'Let me see.'],
        ['text', 'Looking.'],
        ['call', 'look', { at: 'ünïcode' }],
      ])
      expect(merged(streamed)).toEqual(partsIn(whole))
    },
    LIMIT_MS,
  )

  test(
    'calls tools in parallel and takes their results; what the model signed comes back to it',
    async () => {
      const calls = ['one', 'two'].map((at) => ({ name: 'look', input: { at } }))
      const script: Script = (request) => answerTurn(request, request.serial ? { text: 'Done.' } : { calls })
      await using stage = await open(protocol, script)
      const called = await stage.client.models.generateContent({ ...QUESTION, config: { tools } })
      expect(called.functionCalls?.map(({ args }) => args)).toEqual([{ at: 'one' }, { at: 'two' }])
      const results = (called.functionCalls ?? []).map(({ id, name = '' }, index) => ({
        functionResponse: { ...(id !== undefined && { id }), name, response: { output: `result ${index}` } },
      }))
      const contents: Content[] = [
        { role: 'user', parts: [{ text: QUESTION.contents }] },
        called.candidates?.[0]?.content as Content,
        { role: 'user', parts: results },
      ]
      const done = await stage.client.models.generateContent({ model: MODEL, contents, config: { tools } })
      expect(done.text).toBe('Done.')
      const request = await stage.upstream.request(2)
      const { messages } = conversationOf(request)
      expect(messages.filter(({ role }) => role === 'tool').map(({ text }) => text)).toEqual(['result 0', 'result 1'])
      expect(request.text.split(`"${THOUGHT_SIGNATURE}"`)).toHaveLength(protocol.signs ? 2 : 1)
    },
    LIMIT_MS,
  )

  test(
    'remembers a streamed turn in a chat',
    async () => {
      await using stage = await open(protocol, saying({ text: 'I remember.' }))
      const chat = stage.client.chats.create({ model: MODEL })
      for (const message of ['First', 'Second'])
        for await (const _ of await chat.sendMessageStream({ message })) continue
      const { messages } = conversationOf(await stage.upstream.request(2))
      const said = messages.filter(({ role }) => role === 'user' || role === 'assistant')
      expect(said.map(({ role, text }) => `${role}: ${text.replaceAll('\n', '')}`)).toEqual([
        'user: First',
        'assistant: I remember.',
        'user: Second',
      ])
    },
    LIMIT_MS,
  )

  test(
    'brings an image to the model as an image, and an instruction as one',
    async () => {
      await using stage = await open(protocol, saying({ text: 'Red.' }))
      const contents = [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: IMAGE } }]
      const config = { systemInstruction: 'Be brief.' }
      await stage.client.models.generateContent({ model: MODEL, contents, config })
      const { messages } = conversationOf(await stage.upstream.request())
      expect(messages.flatMap(({ images }) => images)).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
      expect(messages[0]).toMatchObject({ role: 'system', text: 'Be brief.' })
    },
    LIMIT_MS,
  )

  test(
    'is told of a failure with its status and words',
    async () => {
      const body = { error: { message: 'the scripted reason', type: 'invalid_request_error', code: 400 } }
      await using stage = await open(protocol, () => json(body, 400))
      for (const call of ['generateContent', 'generateContentStream'] as const) {
        const failure: unknown = await stage.client.models[call](QUESTION).catch((cause: unknown) => cause)
        expect(failure).toBeInstanceOf(ApiError)
        expect(failure).toMatchObject({ status: 400, message: expect.stringContaining('the scripted reason') })
      }
    },
    LIMIT_MS,
  )

  test(
    'is told of a stream that breaks off',
    async () => {
      await using stage = await open(protocol, (request) =>
        stopAfter(answerTurn(request, { text: 'Cut in the middle of it all' }), -3, 'end'),
      )
      let text = ''
      const reading = async (): Promise<void> => {
        for await (const chunk of await stage.client.models.generateContentStream(QUESTION)) text += chunk.text ?? ''
      }
      expect(await reading().catch((cause: unknown) => cause)).toBeInstanceOf(ApiError)
      expect('Cut in the middle of it all').toStartWith(text)
    },
    LIMIT_MS,
  )

  test(
    'counts tokens, and lists models',
    async () => {
      await using stage = await open(protocol, (request) =>
        answerTurn({ ...request, path: request.path.replace(/(count_tokens|input_tokens)$/, 'none') }, { text: 'no' }),
      )
      expect((await stage.client.models.countTokens(QUESTION)).totalTokens).toBeWithin(2, 30)
      const names: (string | undefined)[] = []
      for await (const { name } of await stage.client.models.list()) names.push(name)
      expect(names).toEqual(['models/scripted,scripted-model'])
      expect(await stage.client.models.get({ model: 'scripted-model' })).toMatchObject({
        displayName: 'scripted-model',
      })
    },
    LIMIT_MS,
  )

  test(
    'the provider gets its own key and model, and the client’s key goes nowhere',
    async () => {
      await using stage = await open(protocol, saying({ text: 'Here.' }))
      await stage.client.models.generateContent({ ...QUESTION, model: 'scripted,scripted-model' })
      const request = await stage.upstream.request()
      const { authorization, 'x-api-key': key, 'x-goog-api-key': googleKey } = request.headers
      expect([authorization, key, googleKey].join(' ')).toContain('scripted-key')
      expect(JSON.stringify([request.headers, [...request.query]])).not.toContain(CLIENT_KEY)
      expect(conversationOf(request).model).toBe('scripted-model')
    },
    LIMIT_MS,
  )
})

interface Stage extends Served {
  readonly client: GoogleGenAI
}

/** `ccr start` in front of a scripted provider, and the official SDK in front of `ccr`, in the version it calls by itself. */
async function open(protocol: ServedProtocol, script: Script): Promise<Stage> {
  const served = await serve(protocol, script)
  return { ...served, client: open.client(served.url) }
}

open.client = (baseUrl: string, apiVersion?: string): GoogleGenAI =>
  new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl, ...(apiVersion && { apiVersion }) } })

function saying(turn: Turn): Script {
  return (request) => answerTurn(request, turn)
}

/** What an answer is made of, without ids and signatures. */
function partsIn({ candidates }: GenerateContentResponse): unknown[] {
  return (candidates?.[0]?.content?.parts ?? []).flatMap(({ text, thought, functionCall }): unknown[] => {
    if (functionCall) return [['call', functionCall.name, functionCall.args]]
    return text ? [[thought ? 'thought' : 'text', text]] : []
  })
}

/** Pieces of text that follow each other as one. */
function merged(parts: readonly unknown[]): unknown[] {
  const out: unknown[][] = []
  for (const part of parts as string[][]) {
    const last = out.at(-1)
    if (last && last[0] === part[0] && part[0] !== 'call') last[1] = String(last[1]) + String(part[1])
    else out.push([...part])
  }
  return out
}
