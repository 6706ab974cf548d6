import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { codecOf } from '../../src/protocol/index.ts'
import type { Traits } from '../../src/protocol/protocol.ts'
import { applyLessons, lessonOf, type Lesson } from '../../src/provider/lesson.ts'

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

/** What a Converse request holds after a lesson, if the refusal teaches one. */
function after(message: string, wanted: JsonObject, model = MODEL): { lesson: Lesson; body: JsonObject } | undefined {
  const chat = codecOf('anthropic-messages')
  const converse = codecOf('bedrock-converse')
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] }]
  const request = chat.decodeRequest({
    path: '',
    query: '',
    headers: {},
    body: { model, max_tokens: 64_000, messages, ...wanted },
  })
  const encode = (traits: Traits): JsonObject =>
    converse.encodeRequest(request, { provider: 'bedrock', model, traits }).wire.body
  const headers = new Headers({ 'x-amzn-errortype': 'ValidationException' })
  const body = encode({})
  const lesson = lessonOf(converse.decodeError(400, { message }, headers), { body, headers: {} })
  if (!lesson) return undefined
  const learnt = lesson.type === 'trait' ? encode(lesson.traits) : body
  return { lesson, body: applyLessons({ body: learnt, headers: {} }, [lesson]).body }
}

const tool = { name: 'look', input_schema: { type: 'object', properties: { at: { type: 'string' } } } }
const forced = { tools: [tool], tool_choice: { type: 'any' } }
const text = (body: JsonObject | undefined): string => JSON.stringify(body)

describe('what a model refuses is not sent again', () => {
  test.each<[string, JsonObject, RegExp]>([
    [
      "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
      { stop_sequences: ['X'] },
      /stopSequences/,
    ],
    [
      "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
      forced,
      /toolChoice/,
    ],
    [
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
      {},
      /cachePoint/,
    ],
    ['The model returned the following errors: top_k: Extra inputs are not permitted', { top_k: 5 }, /top_k/],
    [
      'Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again.',
      { top_k: 5 },
      /top_k/,
    ],
    [
      'The model returned the following errors: `temperature` is deprecated for this model.',
      { temperature: 0.5 },
      /temperature/,
    ],
    ['The model returned the following errors: `top_p` is deprecated for this model.', { top_p: 0.5 }, /topP/],
  ])('%s', (message, wanted, field) => {
    const before = after('no lesson here', wanted)
    expect(before).toBeUndefined()
    const learnt = after(message, wanted)
    expect(learnt).toBeDefined()
    expect(text(learnt?.body)).not.toMatch(field)
    expect(text(learnt?.body)).toContain('Hi')
  })

  test.each([
    [
      'The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.',
      8192,
    ],
    [
      'The model returned the following errors: max_tokens: 64000 > 4096, which is the maximum allowed number of output tokens',
      4096,
    ],
  ])('%s', (message, most) => {
    expect(after(message, {})?.body).toMatchObject({ inferenceConfig: { maxTokens: most } })
  })

  test.each([
    [
      'a budget is refused',
      'thinking.type.enabled is not supported for this model. Use thinking.type.adaptive and output_config.effort',
      'anthropic.claude-opus-4-5-v9',
      { type: 'adaptive' },
    ],
    [
      'a free hand is refused',
      'adaptive thinking is not supported on this model',
      'anthropic.claude-opus-4-6-v1',
      { type: 'enabled', budget_tokens: 2000 },
    ],
  ])('where %s, thinking is asked for in the other way', (_name, message, model, thinking) => {
    const wanted = { thinking: { type: 'enabled', budget_tokens: 2000 } }
    expect(after(message, wanted, model)?.body).toMatchObject({ additionalModelRequestFields: { thinking } })
  })

  test('thoughts that another has signed are left out of this call', () => {
    const assistant = {
      output: { message: { role: 'assistant', content: [] } },
      messages: [
        { role: 'user', content: [{ text: 'Hi' }] },
        {
          role: 'assistant',
          content: [{ reasoningContent: { reasoningText: { text: 'Hm', signature: 'x' } } }, { text: 'Yo' }],
        },
      ],
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 }, top_k: 4 },
    }
    const message =
      'The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block'
    const error = codecOf('bedrock-converse').decodeError(400, { message }, new Headers())
    const lesson = lessonOf(error, { body: assistant, headers: {} })
    expect(lesson).toEqual({ type: 'forget-reasoning' })
    const { body } = applyLessons({ body: assistant, headers: {} }, lesson ? [lesson] : [])
    expect(text(body)).not.toContain('reasoningContent')
    expect(body['additionalModelRequestFields']).toEqual({ top_k: 4 })
  })
})
