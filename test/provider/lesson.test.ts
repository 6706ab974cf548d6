import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../src/canonical/error.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { applyLessons, lessonOf, type Lesson } from '../../src/provider/lesson.ts'

const taught = (error: ModelError, body: JsonObject): Lesson | undefined => lessonOf(error, { body, headers: {} })
const edited = (body: JsonObject, lessons: readonly Lesson[]): JsonObject =>
  applyLessons({ body, headers: {} }, lessons).body

const BODY: JsonObject = {
  model: 'm',
  max_tokens: 128000,
  messages: [{ role: 'user', content: 'Hi', odd: 1 }],
  tools: [{ name: 'a', input_examples: [1] }, { name: 'b' }],
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [] },
  reasoning_effort: 'high',
  stream_options: { include_usage: true },
}

const refusal = (message: string, param?: string): ModelError =>
  new ModelError(`mock (m) answered 400: ${message}`, { kind: 'bad-request', ...(param !== undefined && { param }) })

describe('a refused field is left out', () => {
  test.each<[string, string[], string]>([
    ['context_management: Extra inputs are not permitted', ['context_management'], ''],
    ['tools.0.custom.input_examples: Extra inputs are not permitted', ['tools', '*', 'input_examples'], ''],
    ["Unknown parameter: 'reasoning_effort'.", ['reasoning_effort'], 'reasoning_effort'],
    ['Unrecognized request argument supplied: reasoning_effort', ['reasoning_effort'], ''],
    ["Unsupported parameter: 'messages[0].odd'", ['messages', '*', 'odd'], ''],
    ['thinking.type: Extra inputs are not permitted', ['thinking'], ''],
    ['output_config.effort: Extra inputs are not permitted', ['output_config', 'effort'], ''],
    ['body.stream_options: extra fields not permitted', ['stream_options'], ''],
    ['property "reasoning_effort" is unsupported', ['reasoning_effort'], ''],
    ['Extra inputs are not permitted: ("body", "output_config")', ['output_config'], ''],
  ])('%s', (message, path, param) => {
    expect(taught(refusal(message, param || undefined), BODY)).toEqual({ type: 'leave-out', path })
  })

  test.each<[string, string[] | undefined]>([
    [`"id" at 'contents[1].parts[0].function_call'`, ['contents', '*', 'parts', '*', 'functionCall', 'id']],
    [`"thinking_config" at 'generation_config'`, ['generationConfig', 'thinkingConfig']],
    [`"labels"`, ['labels']],
    [`"text" at 'contents[0].parts[0]'`, undefined],
    [`"id" at 'contents[0]'`, undefined],
  ])('as Google names it: %s', (place, path) => {
    const body: JsonObject = {
      contents: [
        { role: 'user', id: 1, parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ functionCall: { id: 'a', name: 'look', args: {} } }] },
      ],
      generationConfig: { thinkingConfig: {} },
      labels: {},
    }
    const message = `Invalid JSON payload received. Unknown name ${place}: Cannot find field.`
    expect(taught(refusal(message), body)).toEqual(path && { type: 'leave-out', path })
  })

  test.each([
    ['messages.0.role: unexpected value'],
    ['model: not supported'],
    ['The thing is not supported'],
    ['unknown_field: Extra inputs are not permitted'],
    ['tools: Extra inputs are not permitted'],
  ])('but not what a request needs or does not hold: %s', (message) => {
    expect(taught(refusal(message), BODY)).toBeUndefined()
  })

  test('in every element of an array', () => {
    const path = ['tools', '*', 'input_examples']
    expect(edited(BODY, [{ type: 'leave-out', path }])['tools']).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  test('a body that does not hold it is the same object', () => {
    expect(edited(BODY, [{ type: 'leave-out', path: ['x', '*', 'y'] }])).toBe(BODY)
  })
})

describe('an output limit is learnt', () => {
  test.each<[string, number]>([
    [
      'max_tokens is too large: 128000. This model supports at most 16384 completion tokens, whereas you provided 128000.',
      16384,
    ],
    ['max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-x', 64000],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 8192],
    [
      '`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window`',
      8192,
    ],
    ['Range of max_tokens should be [1, 32768]', 32768],
  ])('%s', (message, most) => {
    const lesson = taught(refusal(message), BODY)
    expect(lesson).toEqual({ type: 'limit', field: 'max_tokens', most })
    expect(edited(BODY, lesson ? [lesson] : [])['max_tokens']).toBe(most)
  })

  test('its other name is learnt', () => {
    const lesson = taught(
      refusal(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'max_tokens',
      ),
      BODY,
    )
    expect(lesson).toEqual({ type: 'rename', from: 'max_tokens', to: 'max_completion_tokens' })
    expect(edited(BODY, lesson ? [lesson] : [])).toMatchObject({ max_completion_tokens: 128000 })
  })
})

describe('a refused signature takes earlier reasoning out', () => {
  const thinking = { type: 'thinking', thinking: 'Hm', signature: 's' }
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [thinking, { type: 'text', text: 'Yes' }] },
    { role: 'assistant', content: [thinking] },
  ]
  const error = refusal('messages.1.content.0: Invalid `signature` in `thinking` block')

  test('and a message that held nothing else', () => {
    const body = { model: 'm', thinking: { type: 'enabled', budget_tokens: 1024 }, messages }
    const lesson = taught(error, body)
    expect(lesson).toEqual({ type: 'forget-reasoning' })
    expect(edited(body, lesson ? [lesson] : [])).toEqual({
      model: 'm',
      messages: [messages[0] as never, { role: 'assistant', content: [{ type: 'text', text: 'Yes' }] }],
    })
  })

  test('adaptive thinking stays on', () => {
    expect(edited({ thinking: { type: 'adaptive' }, messages }, [{ type: 'forget-reasoning' }])['thinking']).toEqual({
      type: 'adaptive',
    })
  })

  test('where there is none, asking again would not help', () => {
    expect(taught(error, { messages: [{ role: 'user', content: 'Hi' }] })).toBeUndefined()
  })
})

describe('a refused place of instructions is learnt as a trait', () => {
  const messages = [
    { role: 'system', content: 'a' },
    { role: 'user', content: 'b' },
    { role: 'system', content: 'c' },
  ]

  test.each([
    'System message must be at the beginning.',
    'messages.2.role: Unexpected role "system". Allowed: user, assistant',
    'System role not supported',
  ])('%s', (message) => {
    expect(taught(refusal(message), { messages })).toMatchObject({ type: 'trait', traits: { systemMessages: false } })
  })

  test('where no message of the conversation is one, asking again would not help', () => {
    expect(taught(refusal('System role not supported'), { messages: messages.slice(0, 2) })).toBeUndefined()
  })
})

test('adaptive thinking that is not known becomes a budget by the effort, below the limit of output', () => {
  const body = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 4000 }
  const lesson = taught(refusal("thinking.type: Input should be 'enabled' or 'disabled'"), body)
  expect(lesson).toEqual({ type: 'budget-thinking' })
  expect(edited(body, [{ type: 'budget-thinking' }])['thinking']).toEqual({ type: 'enabled', budget_tokens: 3999 })
  expect(edited({ ...body, max_tokens: 1000 }, [{ type: 'budget-thinking' }])).not.toHaveProperty('thinking')
})

test('a beta that is not known is left out of the header, and the others stay', () => {
  const request = { body: { model: 'm' }, headers: { 'anthropic-beta': 'one-2026-01-01,two-2026-02-02' } }
  const error = refusal(
    'Unexpected value(s) `two-2026-02-02` for the `anthropic-beta` header. Please consult our documentation.',
  )
  const lesson = lessonOf(error, request)
  expect(lesson).toEqual({ type: 'leave-out-beta', beta: 'two-2026-02-02' })
  const lessons: Lesson[] = [{ type: 'leave-out-beta', beta: 'two-2026-02-02' }]
  expect(applyLessons(request, lessons)).toEqual({
    body: request.body,
    headers: { 'anthropic-beta': 'one-2026-01-01' },
    applied: lessons,
  })
  expect(applyLessons({ ...request, headers: {} }, lessons).applied).toEqual([])
})
