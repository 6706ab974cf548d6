import { describe, expect, test } from 'bun:test'
import type { FinishKind } from '../../../src/canonical/event.ts'
import type { ErrorKind } from '../../../src/canonical/error.ts'
import { openaiChat } from '../../../src/protocol/openai-chat/index.ts'
import { decodeContext, delta, ending, eventsOfChunks, faultsOf, piece, replyOfChunks } from './answer.ts'

const texts = (chunks: readonly (object | string)[]) =>
  replyOfChunks(chunks).parts.map((part) => [part.type, 'text' in part ? part.text : 'input' in part ? part.input : ''])

describe('texts', () => {
  test.each<[name: string, chunks: (object | string)[], parts: string[][]]>([
    [
      'a role-only chunk and empty choices say nothing',
      [delta({ role: 'assistant' }), { choices: [] }, delta({ content: 'a' }), ...ending('stop')],
      [['text', 'a']],
    ],
    [
      'content may be a list of blocks',
      [delta({ content: [{ type: 'text', text: 'a' }, 'b'] }), ...ending('stop')],
      [['text', 'ab']],
    ],
    [
      'thinking blocks are reasoning',
      [
        delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'h' }] }] }),
        delta({ content: 'a' }),
        ...ending('stop'),
      ],
      [
        ['reasoning', 'h'],
        ['text', 'a'],
      ],
    ],
    [
      'reasoning_content is reasoning',
      [delta({ reasoning_content: 'h' }), delta({ reasoning_content: 'm', content: 'a' }), ...ending('stop')],
      [
        ['reasoning', 'hm'],
        ['text', 'a'],
      ],
    ],
    [
      'reasoning beside its details counts once',
      [delta({ reasoning: 'h', reasoning_details: [{ type: 'reasoning.text', text: 'h' }] }), ...ending('stop')],
      [['reasoning', 'h']],
    ],
    [
      'reasoning_details alone count',
      [delta({ reasoning_details: [{ text: 'h' }, { summary: 'm' }] }), ...ending('stop')],
      [['reasoning', 'hm']],
    ],
    ['reasoning_text is reasoning', [delta({ reasoning_text: 'h' }), ...ending('stop')], [['reasoning', 'h']]],
    [
      '<think> is left alone',
      [delta({ content: '<think>h</think>a' }), ...ending('stop')],
      [['text', '<think>h</think>a']],
    ],
    [
      'a message may stand for the delta',
      [{ id: 'c', choices: [{ index: 0, message: { content: 'a' }, finish_reason: 'stop' }] }, '[DONE]'],
      [['text', 'a']],
    ],
    [
      'text after a call is a part of its own',
      [
        delta({ content: 'a' }),
        delta({ tool_calls: [piece({ index: 0, id: 'x', name: 'f', args: '{"k":1}' })] }),
        delta({ content: 'b' }),
        ...ending('tool_calls'),
      ],
      [
        ['text', 'a'],
        ['tool-call', '{"k":1}'],
        ['text', 'b'],
      ],
    ],
    [
      'other choices than the first are other answers',
      [
        {
          choices: [
            { index: 1, delta: { content: 'x' } },
            { index: 0, delta: { content: 'a' } },
          ],
        },
        ...ending('stop'),
      ],
      [['text', 'a']],
    ],
    [
      'chunks after [DONE] are nothing',
      [delta({ content: 'a' }, 'stop'), '[DONE]', delta({ content: 'b' })],
      [['text', 'a']],
    ],
    ['blank data is nothing', [delta({ content: 'a' }), '', '  ', ...ending('stop')], [['text', 'a']]],
  ])('%s', (_name, chunks, parts) => {
    expect(texts(chunks)).toEqual(parts)
    expect(faultsOf(eventsOfChunks(chunks))).toEqual([])
  })

  test('reasoning carries its origin and the field it came in', () => {
    const [part] = replyOfChunks([delta({ reasoning: 'h' }), ...ending('stop')]).parts
    expect(part).toMatchObject({ origin: { provider: 'acme', model: 'm-1' }, signature: 'field:reasoning' })
  })

  test('an image comes whole', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    expect(replyOfChunks([delta({ images: [image] }), ...ending('stop')]).parts).toEqual([
      { type: 'media', kind: 'image', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } },
    ])
  })
})

describe('finish', () => {
  const call = delta({ tool_calls: [piece({ index: 0, id: 'x', name: 'f', args: '{}' })] })
  test.each<[said: string, sent: object[], kind: FinishKind]>([
    ['stop', [delta({ content: 'a' })], 'stop'],
    ['eos', [delta({ content: 'a' })], 'stop'],
    ['stop', [call], 'tool-calls'],
    ['tool_calls', [call], 'tool-calls'],
    ['function_call', [delta({ function_call: { name: 'f', arguments: '{}' } })], 'tool-calls'],
    ['tool_calls', [delta({ content: 'a' })], 'stop'],
    ['length', [call], 'length'],
    ['content_filter', [delta({ content: 'a' })], 'content-filter'],
    ['stop', [delta({ refusal: 'no' })], 'refusal'],
    ['something_new', [delta({ content: 'a' })], 'other'],
  ])('"%s" counts less than what was sent (%#)', (said, sent, kind) => {
    expect(replyOfChunks([...sent, ...ending(said)]).finish).toEqual({ kind, raw: said })
  })

  test('a finish reason that is the name of a method is only a word', () => {
    expect(replyOfChunks([delta({ content: 'a' }), ...ending('constructor')]).finish.kind).toBe('other')
  })

  test('a finish reason "null" is none', () => {
    const last = eventsOfChunks([delta({ content: 'a' }, 'null')]).at(-1)
    expect(last?.type).toBe('error')
  })

  test('[DONE] without a finish reason ends what was sent', () => {
    expect(replyOfChunks([delta({ content: 'a' }), '[DONE]']).finish).toEqual({ kind: 'stop' })
    expect(replyOfChunks([call, '[DONE]']).finish).toEqual({ kind: 'tool-calls' })
  })

  test('the finish waits for the usage that comes after it, and for nothing longer', () => {
    const decoder = openaiChat.decodeStream(decodeContext())
    const types = (chunk: object) => decoder.push({ data: JSON.stringify(chunk) }).map(({ type }) => type)
    expect(types(delta({ content: 'a' }))).toEqual(['start', 'part-start', 'part-delta'])
    expect(types(delta({}, 'stop'))).toEqual([])
    expect(types({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })).toEqual([
      'usage',
      'part-end',
      'finish',
    ])
    expect(decoder.end()).toEqual([])
  })

  test('the end of input after a finish reason is a normal end', () => {
    expect(replyOfChunks([delta({ content: 'a' }, 'stop')]).finish.kind).toBe('stop')
  })
})

describe('failures', () => {
  test.each<[name: string, chunks: (object | string)[], kind: ErrorKind]>([
    ['a stream that ends early is cut', [delta({ content: 'a' })], 'cut-stream'],
    [
      'a call whose stream ends early is cut',
      [delta({ tool_calls: [piece({ index: 0, id: 'x', name: 'f', args: '{"a"' })] })],
      'cut-stream',
    ],
    ['nothing at all is an empty answer', [], 'empty-answer'],
    ['blank data alone is an empty answer', ['', ' '], 'empty-answer'],
    ['[DONE] alone is an empty answer', ['[DONE]'], 'empty-answer'],
    ['a role and [DONE] are an empty answer', [delta({ role: 'assistant' }), '[DONE]'], 'empty-answer'],
    ['data that is no JSON is malformed', [delta({ content: 'a' }), '{"id":'], 'malformed'],
    ['data that is no object is malformed', ['[1]'], 'malformed'],
    [
      'an error chunk is told by its code',
      [{ error: { message: 'slow down', code: 'rate_limit_exceeded' } }],
      'rate-limit',
    ],
    [
      'an error chunk is told by its status',
      [delta({ content: 'a' }), { error: { message: 'no', code: 503 } }],
      'overload',
    ],
    [
      'an error chunk is told by its text',
      [{ error: { message: "This model's maximum context length is 8192 tokens" } }],
      'context-overflow',
    ],
    ['an error may be a string', [{ error: 'boom' }], 'server'],
    [
      'an error may stand in the choice',
      [{ choices: [{ index: 0, delta: {}, error: { code: 502, message: 'x' } }] }],
      'server',
    ],
    [
      'an error may have no wrapper',
      [{ object: 'error', message: 'bad', type: 'BadRequestError', code: 400 }],
      'bad-request',
    ],
    ['finish reason "error" is an error', [delta({ content: 'a' }, 'error'), '[DONE]'], 'server'],
    ['a finish reason may name a failure', [delta({ content: 'a' }, 'insufficient_system_resource')], 'overload'],
  ])('%s', (_name, chunks, kind) => {
    const last = eventsOfChunks(chunks).at(-1)
    expect(last?.type === 'error' && last.error.kind).toBe(kind)
    expect(faultsOf(eventsOfChunks(chunks))).toEqual([])
  })

  test('an error inside a stream keeps the provider’s words and names who failed', () => {
    const last = eventsOfChunks([{ error: { message: 'slow down', type: 'x', code: 'y' } }]).at(-1)
    expect(last?.type === 'error' && last.error.message).toBe('slow down')
    expect(last?.type === 'error' && last.error.details).toMatchObject({
      provider: 'acme',
      model: 'm-1',
      type: 'x',
      code: 'y',
    })
  })
})

describe('usage', () => {
  test.each<[name: string, usage: object, counts: object]>([
    ['plain', { prompt_tokens: 10, completion_tokens: 3 }, { input: 10, output: 3 }],
    [
      'cached tokens are inside the prompt',
      { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
      { input: 6, cacheRead: 4, output: 3 },
    ],
    [
      'written tokens too',
      { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 } },
      { input: 1, cacheRead: 4, cacheWrite: 5, output: 3 },
    ],
    ['Kimi', { prompt_tokens: 10, completion_tokens: 3, cached_tokens: 4 }, { input: 6, cacheRead: 4, output: 3 }],
    [
      'DeepSeek',
      { prompt_tokens: 10, completion_tokens: 3, prompt_cache_hit_tokens: 4 },
      { input: 6, cacheRead: 4, output: 3 },
    ],
    [
      'more cached than sent is counted apart',
      { prompt_tokens: 10, completion_tokens: 3, cached_tokens: 40 },
      { input: 10, cacheRead: 40, output: 3 },
    ],
    [
      'reasoning is inside the completion',
      { prompt_tokens: 1, completion_tokens: 9, total_tokens: 10, completion_tokens_details: { reasoning_tokens: 5 } },
      { input: 1, output: 9, reasoning: 5 },
    ],
    [
      'unless there is more of it',
      { prompt_tokens: 1, completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 5 } },
      { input: 1, output: 8, reasoning: 5 },
    ],
    [
      'or the total says so',
      { prompt_tokens: 1, completion_tokens: 9, total_tokens: 15, completion_tokens_details: { reasoning_tokens: 5 } },
      { input: 1, output: 14, reasoning: 5 },
    ],
  ])('%s', (_name, usage, counts) => {
    const text = delta({ content: 'a' })
    const finish = delta({}, 'stop')
    const places = [
      [text, finish, { choices: [], usage }, '[DONE]'],
      [text, { ...finish, usage }, '[DONE]'],
      [text, { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }, '[DONE]'],
      [text, { ...finish, x_groq: { usage } }, '[DONE]'],
    ]
    for (const chunks of places) expect<unknown>(replyOfChunks(chunks).usage).toEqual(counts)
  })

  test('a running total replaces the one before', () => {
    const chunk = (count: number) => ({
      ...delta({ content: 'a' }),
      usage: { prompt_tokens: 4, completion_tokens: count },
    })
    expect(replyOfChunks([chunk(1), chunk(2), ...ending('stop')]).usage).toEqual({ input: 5, output: 2 })
  })
})

test.each([
  ['usage', '{"choices":[],"usage":{"prompt_tokens":1}}'],
  ['a finish reason', '{"choices":[{"delta":{},"finish_reason":"stop"}]}'],
  ['an error', '{"error":{"message":"x"}}'],
  ['the end', '[DONE]'],
])('a frame with %s is notable', (_name, data) => {
  expect(openaiChat.isNotable({ data })).toBe(true)
})

test('a frame of plain text is not notable, whatever the text', () => {
  const data = JSON.stringify({
    choices: [{ index: 0, delta: { content: '"usage":{"a" "error"' }, finish_reason: null }],
    usage: null,
  })
  expect(openaiChat.isNotable({ data })).toBe(false)
})
