import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/canonical/json.ts'
import type { ProtocolId } from '../../../src/canonical/native.ts'
import { gemini } from '../../../src/protocol/gemini/index.ts'
import { codecOf } from '../../../src/protocol/index.ts'

const TURN = { role: 'user', parts: [{ text: 'Hi' }] }
const OTHERS = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const satisfies readonly ProtocolId[]

function decoded(body: JsonObject) {
  return gemini.decodeRequest({ path: '/models/m:generateContent', query: '', headers: {}, body })
}

function encoded(body: JsonObject, protocol: ProtocolId) {
  return codecOf(protocol).encodeRequest(decoded(body), { provider: 'p', model: 'm', traits: {} })
}

describe('what only Google has is refused elsewhere, by name', () => {
  test.each([
    ['cachedContent', { contents: [TURN], cachedContent: 'cachedContents/1' }],
    ['generationConfig.candidateCount', { contents: [TURN], generation_config: { candidate_count: 2 } }],
    [
      'contents[1].parts.fileData',
      {
        contents: [
          TURN,
          { parts: [{ file_data: { file_uri: 'gs://bucket/file.pdf', mime_type: 'application/pdf' } }] },
        ],
      },
    ],
  ])('%s', (param, body) => {
    expect(gemini.untranslatable?.(decoded(body))?.details).toMatchObject({ kind: 'bad-request', param })
  })

  test('one candidate is no wish of its own, and a file of the web can be fetched by others', () => {
    const parts = [{ fileData: { fileUri: 'https://example.com/a.pdf', mimeType: 'application/pdf' } }]
    const body = { contents: [{ parts }], generationConfig: { candidateCount: 1 } }
    expect(gemini.untranslatable?.(decoded(body))).toBeUndefined()
  })

  test('several candidates of a request that is edited are listed, for only one is read', () => {
    const { wire, dropped } = encoded({ contents: [TURN], generationConfig: { candidateCount: 3, topK: 2 } }, 'gemini')
    expect(wire.body.generationConfig).toEqual({ topK: 2 })
    expect(dropped.map(({ path }) => path)).toEqual(['generationConfig.candidateCount'])
  })
})

describe('what another protocol has no word for', () => {
  test.each(OTHERS)('is listed key by key for %s', (protocol) => {
    const { dropped, wire } = encoded(
      {
        contents: [TURN],
        safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
        generationConfig: { temperature: 1, mediaResolution: 'MEDIA_RESOLUTION_LOW', speechConfig: {} },
        tools: [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } },
      },
      protocol,
    )
    expect(dropped.map(({ path }) => path)).toEqual([
      'safetySettings',
      'generationConfig.mediaResolution',
      'generationConfig.speechConfig',
      // Of the tools a protocol that cannot bind a call to some is told those alone.
      'tools[2]',
    ])
    expect(JSON.stringify(wire.body)).not.toContain('"c"')
  })

  test('comes back to Gemini in its place', () => {
    const body = {
      contents: [TURN],
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', temperature: 1 },
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] },
        retrievalConfig: { x: 1 },
      },
      'a.b': 1,
    }
    expect(encoded(body, 'gemini').wire.body).toEqual(body)
  })
})

describe('a call without a signature of which the client says so', () => {
  const call = (thoughtSignature: string) => ({
    contents: [TURN, { role: 'model', parts: [{ functionCall: { name: 'a', args: {} }, thoughtSignature }] }],
    tools: [{ functionDeclarations: [{ name: 'a' }] }],
  })

  test.each(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])(
    '%s is no loss for others, and goes on to Gemini',
    (word) => {
      for (const protocol of OTHERS)
        expect(encoded(call(word), protocol).dropped.filter(({ path }) => path.includes('signature'))).toEqual([])
      expect(encoded(call(word), 'gemini').wire.body).toEqual(call(word))
    },
  )

  test('a real one is listed', () => {
    expect(encoded(call('c2ln'), 'openai-chat').dropped.map(({ path }) => path)).toContain(
      'messages[1].content[0].signature',
    )
  })
})

describe('a turn that another model answered', () => {
  const call = { functionCall: { name: 'a', args: {} } }
  const body = (...parts: JsonObject[]) => ({ contents: [TURN, { role: 'model', parts }, TURN] })
  const sentTo = (model: string, asked: JsonObject): unknown => {
    const { wire } = gemini.encodeRequest({ ...decoded(asked), model }, { provider: 'p', model, traits: {} })
    return (wire.body.contents as JsonObject[])[1]?.parts
  }

  test('is given the word for no signature where Gemini 3 demands one, and is not relayed', () => {
    const unsigned = body({ text: 'So.' }, call, call)
    const signed = { ...call, thoughtSignature: 'skip_thought_signature_validator' }
    expect(gemini.isUnfit?.(decoded(unsigned), 'gemini-3-pro')).toBe(true)
    expect(sentTo('gemini-3-pro', unsigned)).toEqual([{ text: 'So.' }, signed, call])
    expect(gemini.isUnfit?.(decoded(unsigned), 'gemini-2.5-pro')).toBe(false)
    expect(sentTo('gemini-2.5-pro', unsigned)).toEqual([{ text: 'So.' }, call, call])
  })

  test.each(['c2ln', 'skip_thought_signature_validator'])(
    'is left alone where it is signed: %s',
    (thoughtSignature) => {
      const signed = body({ ...call, thoughtSignature }, call)
      expect(gemini.isUnfit?.(decoded(signed), 'gemini-3-pro')).toBe(false)
      expect(sentTo('gemini-3-pro', signed)).toEqual([{ ...call, thoughtSignature }, call])
    },
  )
})

describe('names before ids, as Gemini CLI writes them', () => {
  const call = (id: string, name = 'read') => ({ functionCall: { id, name, args: {} } })
  const result = (id: string, name = 'read') => ({ functionResponse: { id, name, response: { output: 'x' } } })
  const talk = (calls: JsonObject[], results: JsonObject[]) => ({
    contents: [TURN, { role: 'model', parts: calls }, { role: 'user', parts: results }],
  })
  const idsIn = (body: JsonObject) =>
    decoded(body).messages.flatMap(({ parts }) => parts.flatMap((part) => ('id' in part ? part.id : [])))

  test.each([
    ['are left off', talk([call('read__c1')], [result('read__c1')]), ['c1', 'c1']],
    [
      'stay where ids would meet',
      talk([call('read__1'), call('write__1', 'write')], [result('write__1', 'write'), result('read__1')]),
      ['1', 'write__1', 'write__1', '1'],
    ],
    ['stay where they are all there is', talk([call('read__')], [result('read__')]), ['read__', 'read__']],
    ['of another function stay', talk([call('look__1')], [result('look__1')]), ['look__1', 'look__1']],
  ])('%s, and go on to Gemini', (_, body, ids) => {
    expect(idsIn(body)).toEqual(ids)
    expect(encoded(body, 'gemini').wire.body).toEqual(body)
  })
})

describe('either spelling of names is read', () => {
  test('as the same request', () => {
    const camel = {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }],
      generationConfig: { maxOutputTokens: 9, thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } },
      toolConfig: { functionCallingConfig: { mode: 'NONE' } },
      tools: [{ functionDeclarations: [{ name: 'a', parametersJsonSchema: { type: 'object', snake_case: 1 } }] }],
    }
    const snake = {
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      contents: [{ role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }] }],
      generation_config: { max_output_tokens: 9, thinking_config: { thinking_budget: 1024, include_thoughts: true } },
      tool_config: { function_calling_config: { mode: 'NONE' } },
      tools: [{ function_declarations: [{ name: 'a', parameters_json_schema: { type: 'object', snake_case: 1 } }] }],
    }
    expect(decoded(snake)).toEqual(decoded(camel))
  })

  test.each([
    ['a text', 'Be brief.'],
    ['a content', { role: 'system', parts: [{ text: 'Be brief.' }] }],
    ['a single part', { parts: { text: 'Be brief.' } }],
  ])('an instruction may be %s', (_, systemInstruction) => {
    expect(decoded({ contents: [TURN], systemInstruction }).system).toMatchObject([{ type: 'text', text: 'Be brief.' }])
  })
})

test('another provider’s web search is told as grounding', () => {
  const search = { queries: ['q'], pages: [{ url: 'https://example.com', title: 'Example' }] }
  const parts = [{ type: 'text', text: 'So.' }] as const
  const reply = gemini.encodeReply({ parts, finish: { kind: 'stop' }, search }, { id: String, created: 0, model: 'm' })
  expect(reply).toMatchObject({
    candidates: [
      {
        groundingMetadata: {
          webSearchQueries: ['q'],
          groundingChunks: [{ web: { uri: 'https://example.com', title: 'Example' } }],
        },
      },
    ],
  })
})
