import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ModelError, type ErrorKind } from '../../../src/canonical/error.ts'
import type { FinishKind, ModelEvent } from '../../../src/canonical/event.ts'
import type { Part } from '../../../src/canonical/request.ts'
import { openaiResponses } from '../../../src/protocol/openai-responses/index.ts'
import type { EncodeContext, Frame } from '../../../src/protocol/protocol.ts'
import { eventsOf, faultsOf } from './grammar.ts'

function context(body?: object): EncodeContext {
  let count = 0
  const wire = { path: '/responses', query: '', headers: {}, body: { model: 'm', input: 'Hi', ...body } }
  const { native } = openaiResponses.decodeRequest(wire)
  return {
    id: (prefix) => `${prefix}${++count}`,
    created: 1_700_000_000,
    model: 'm',
    ...(native && { requestNative: native }),
  }
}

function told(events: readonly ModelEvent[], client = context()): Frame[] {
  const step = openaiResponses.encodeStream(client)
  return [...events.flatMap((event) => step.push(event)), ...step.end()]
}

function whole(parts: readonly Part[], kind: FinishKind = 'stop'): ModelEvent[] {
  const events = parts.flatMap((part, index): ModelEvent[] => [
    { type: 'part-start', index, part: emptied(part) },
    { type: 'part-delta', index, text: textOf(part) },
    { type: 'part-end', index, part },
  ])
  return [{ type: 'start', id: 'resp_x' }, ...events, { type: 'finish', reason: { kind } }]
}

function emptied(part: Part): Part {
  if (part.type === 'text') return { ...part, text: '' }
  if (part.type === 'reasoning') return { type: 'reasoning', text: '' }
  return part.type === 'tool-call' ? { ...part, input: '' } : part
}

function textOf(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  return part.type === 'tool-call' ? part.input : ''
}

const output = (frames: readonly Frame[]) => eventsOf(frames).at(-1)?.response?.output

describe('whatever order the parts come in, the stream obeys the protocol', () => {
  const text = fc.record({ type: fc.constant('text' as const), text: fc.string({ unit: 'grapheme' }) })
  const thought = fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.string(),
    signature: fc.option(fc.string(), { nil: '' }),
  })
  const call = fc.record({
    type: fc.constant('tool-call' as const),
    name: fc.constantFrom('plain', 'apply_patch', 'agents__spawn'),
    input: fc.oneof(
      fc.json(),
      fc.string(),
      fc.string().map((value) => JSON.stringify({ input: value })),
    ),
    signature: fc.option(fc.string(), { nil: '' }),
  })

  test('parts side by side', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(text, thought, call), { maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
        (list, chance) => {
          const parts = list.map((part, index): Part => {
            const { signature, ...rest } = { signature: '', ...part }
            const signed = { ...rest, ...(signature !== '' && { signature }) } as Part
            return signed.type === 'tool-call' ? { ...signed, id: `call_${index}` } : signed
          })
          const frames = told(
            interleaved(parts, () => chance.next().value ?? 0),
            context({ tools: TOOLS }),
          )
          expect(faultsOf(frames)).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('an answer without parts', () => {
    const frames = told(whole([]))
    expect(faultsOf(frames)).toEqual([])
    expect(output(frames)).toEqual([])
  })
})

const TOOLS = [
  { type: 'function', name: 'plain', parameters: {} },
  { type: 'custom', name: 'apply_patch', description: 'Edits files.' },
  { type: 'namespace', name: 'agents', description: '', tools: [{ type: 'function', name: 'spawn', parameters: {} }] },
]

function interleaved(parts: readonly Part[], random: () => number): ModelEvent[] {
  const events: ModelEvent[] = [{ type: 'start' }]
  const left = parts.map(textOf)
  let open = parts.map((part, index) => {
    events.push({ type: 'part-start', index, part: emptied(part) })
    return index
  })
  while (open.length > 0) {
    const index = open[random() % open.length] as number
    const rest = left[index] as string
    const size = 1 + (random() % 5)
    left[index] = rest.slice(size)
    if (rest !== '') events.push({ type: 'part-delta', index, text: rest.slice(0, size) })
    else {
      events.push({ type: 'part-end', index, part: parts[index] as Part })
      open = open.filter((other) => other !== index)
    }
  }
  return [...events, { type: 'finish', reason: { kind: 'stop' } }]
}

describe('tools reach the client in the form in which it declared them', () => {
  test.each<[name: string, input: string, item: object]>([
    ['plain', '{"a":1}', { type: 'function_call', name: 'plain', arguments: '{"a":1}' }],
    ['plain', '', { type: 'function_call', name: 'plain', arguments: '{}' }],
    ['agents__spawn', '{}', { type: 'function_call', namespace: 'agents', name: 'spawn', arguments: '{}' }],
    [
      'apply_patch',
      '{"input":"*** Begin\\n"}',
      { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin\n' },
    ],
    ['apply_patch', '{"patch":"p"}', { type: 'custom_tool_call', name: 'apply_patch', input: 'p' }],
    ['apply_patch', 'no JSON', { type: 'custom_tool_call', name: 'apply_patch', input: 'no JSON' }],
  ])('%s with %s', (name, input, item) => {
    const client = context({ tools: TOOLS })
    const frames = told(whole([{ type: 'tool-call', id: 'call_1', name, input }], 'tool-calls'), client)
    expect(faultsOf(frames)).toEqual([])
    expect(output(frames)).toMatchObject([{ ...item, call_id: 'call_1', status: 'completed' }])
  })
})

describe('how an answer ends', () => {
  test.each<[FinishKind, status: string, reason: string | undefined]>([
    ['stop', 'completed', undefined],
    ['tool-calls', 'completed', undefined],
    ['stop-sequence', 'completed', undefined],
    ['pause', 'completed', undefined],
    ['other', 'completed', undefined],
    ['length', 'incomplete', 'max_output_tokens'],
    ['context-window', 'incomplete', 'max_output_tokens'],
    ['content-filter', 'incomplete', 'content_filter'],
    ['refusal', 'incomplete', 'content_filter'],
  ])('%s is %s', (kind, status, reason) => {
    const frames = told(whole([{ type: 'text', text: 'Hello' }], kind))
    expect(faultsOf(frames)).toEqual([])
    expect(eventsOf(frames).at(-1)?.response).toMatchObject({
      status,
      incomplete_details: reason === undefined ? null : { reason },
    })
  })

  test.each<[ErrorKind, code: string]>([
    ['bad-request', 'invalid_prompt'],
    ['auth', 'invalid_prompt'],
    ['context-overflow', 'context_length_exceeded'],
    ['quota', 'insufficient_quota'],
    ['rate-limit', 'rate_limit_exceeded'],
    ['overload', 'server_error'],
    ['cut-stream', 'server_error'],
    ['network', 'server_error'],
  ])('a failure of kind %s has the code %s, by which Codex decides whether to try again', (kind, code) => {
    const frames = told([{ type: 'start' }, { type: 'error', error: new ModelError('It failed.', { kind }) }])
    expect(faultsOf(frames)).toEqual([])
    expect(eventsOf(frames).at(-1)?.response).toMatchObject({
      status: 'failed',
      error: { code, message: 'It failed.' },
    })
  })

  test('a failure says in words how long to wait', () => {
    const error = new ModelError('Too many.', { kind: 'rate-limit', retryAfterMs: 1500 })
    const [failed] = eventsOf(told([{ type: 'error', error }]).slice(-1))
    expect(failed?.response?.error).toMatchObject({ message: 'Too many. Please try again in 1.5s.' })
  })

  test('a refusal in words is a refusal block of a completed response', () => {
    const part: Part = { type: 'text', text: 'No.', native: { protocol: 'openai-chat', rest: {}, form: 'refusal' } }
    const frames = told(whole([part], 'refusal'))
    expect(faultsOf(frames)).toEqual([])
    expect(output(frames)).toMatchObject([{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }])
    expect(eventsOf(frames).at(-1)?.type).toBe('response.completed')
  })
})

describe('reasoning of another protocol', () => {
  const origin = { provider: 'acme', model: 'm-1' }
  test.each<[name: string, part: Part]>([
    ['a signed text', { type: 'reasoning', text: 'Hm.', signature: 'c2ln', origin }],
    ['encrypted reasoning', { type: 'reasoning', text: '', encrypted: 'ZW5j', origin }],
    ['a signed call', { type: 'tool-call', id: 'call_1', name: 'f', input: '{}', signature: 'c2ln', origin }],
  ])('%s comes back from the client as it was', (_, part) => {
    const items = output(told(whole([part])))
    const body = { model: 'm', input: JSON.parse(JSON.stringify(items)) }
    const { messages } = openaiResponses.decodeRequest({ path: '', query: '', headers: {}, body })
    expect(messages).toHaveLength(1)
    expect(messages[0]?.parts).toMatchObject([part])
  })

  test('an unsigned empty thought is not told', () => {
    expect(output(told(whole([{ type: 'reasoning', text: '' }])))).toEqual([])
  })
})

describe('a client that compacts', () => {
  const client = context({ input: [{ role: 'user', content: 'Hi' }, { type: 'compaction_trigger' }] })
  const parts: Part[] = [
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'The user said ' },
    { type: 'text', text: 'hello.' },
  ]

  test('gets exactly one item, which stands for the conversation afterwards', () => {
    const frames = told(whole(parts), client)
    expect(faultsOf(frames)).toEqual([])
    const items = output(frames) ?? []
    expect(items).toMatchObject([{ type: 'compaction' }])
    const body = { model: 'm', input: JSON.parse(JSON.stringify(items)) }
    const { messages } = openaiResponses.decodeRequest({ path: '', query: '', headers: {}, body })
    expect(JSON.stringify(messages)).toContain('The user said hello.')
  })

  test('gets the same in a whole reply', () => {
    const reply = openaiResponses.encodeReply({ parts, finish: { kind: 'stop' } }, client)
    expect(reply.output).toMatchObject([{ type: 'compaction' }])
  })
})
