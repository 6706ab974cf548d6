import { json, stream, type Answer } from './answer.ts'
import { field, inputText, sse, stopOf, tokens, type Identity } from './turn-parts.ts'
import { USAGE, type ScriptedCall, type Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn as OpenAI's Responses API answers it; a tool that the client declared as free-form is called so. */
export function responsesAnswer(request: Received, turn: Turn): Answer {
  const identity = { model: String(field(request.body, 'model')), serial: request.serial }
  const isCustom = (name: string): boolean => customTools(request.body).includes(name)
  const headers = { 'x-request-id': 'req_scripted' }
  const response = responsesReply(turn, identity, isCustom)
  return field(request.body, 'stream') === true
    ? stream(responsesFrames(response), headers)
    : json(response, 200, headers)
}

/** The turn as one whole response. */
export function responsesReply(
  turn: Turn,
  { model = 'scripted-model', serial = 0 }: Identity = {},
  isCustom: (name: string) => boolean = () => false,
) {
  const stop = stopOf(turn)
  return {
    id: `resp_scripted_${serial}`,
    object: 'response',
    created_at: 1767225600,
    status: stop === 'length' ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: stop === 'length' ? { reason: 'max_output_tokens' } : null,
    model,
    output: itemsOf(turn, serial, isCustom),
    usage: usageOf(turn),
  }
}

type Reply = ReturnType<typeof responsesReply>

/** The response's events: each item announced, told in pieces and done, then the whole. */
export function responsesFrames(response: Reply): string[] {
  let sequence = 0
  const event = (type: string, fields: object): string => sse({ type, sequence_number: sequence++, ...fields }, type)
  const open = { ...response, status: 'in_progress', incomplete_details: null, output: [], usage: null }
  return [
    event('response.created', { response: open }),
    event('response.in_progress', { response: open }),
    ...response.output.flatMap((item, index) => [
      event('response.output_item.added', { output_index: index, item: announced(item) }),
      ...piecesOf(item).map(([type, fields]) => event(type, { item_id: item.id, output_index: index, ...fields })),
      event('response.output_item.done', { output_index: index, item }),
    ]),
    event(`response.${response.status}`, { response }),
  ]
}

type Item = { readonly id: string; readonly type: string; readonly [key: string]: unknown }

function itemsOf(turn: Turn, serial: number, isCustom: (name: string) => boolean): Item[] {
  const { reasoning, text, calls = [] } = turn
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            id: `rs_${serial}`,
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: reasoning }],
            encrypted_content: `sealed-${serial}`,
          },
        ]),
    ...(text === undefined
      ? []
      : [
          {
            id: `msg_${serial}`,
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [
              stopOf(turn) === 'refusal'
                ? { type: 'refusal', refusal: text }
                : { type: 'output_text', text, annotations: [], logprobs: [] },
            ],
          },
        ]),
    ...calls.map((call, index) => callItem(call, `${serial}_${index}`, isCustom(call.name))),
  ]
}

function callItem(call: ScriptedCall, place: string, custom: boolean): Item {
  const head = { status: 'completed', call_id: call.id ?? `call_scripted_${place}`, name: call.name }
  return custom
    ? { id: `ctc_${place}`, type: 'custom_tool_call', ...head, input: String(field(call.input, 'input')) }
    : { id: `fc_${place}`, type: 'function_call', ...head, arguments: inputText(call) }
}

function announced(item: Item): Item {
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] }
  if (item.type === 'reasoning') return { ...item, summary: [], encrypted_content: '' }
  return { ...item, status: 'in_progress', ...(item.type === 'custom_tool_call' ? { input: '' } : { arguments: '' }) }
}

function piecesOf(item: Item): [string, object][] {
  const [block] = (item['content'] ?? item['summary'] ?? []) as { text?: string; refusal?: string }[]
  const text = block?.text ?? block?.refusal ?? ''
  switch (item.type) {
    case 'message': {
      const kind = block?.refusal === undefined ? 'output_text' : 'refusal'
      const key = kind === 'refusal' ? 'refusal' : 'text'
      const at = { content_index: 0 }
      return [
        ['response.content_part.added', { ...at, part: { ...block, [key]: '' } }],
        ...tokens(text).map((delta): [string, object] => [`response.${kind}.delta`, { ...at, delta }]),
        [`response.${kind}.done`, { ...at, [key]: text }],
        ['response.content_part.done', { ...at, part: block }],
      ]
    }
    case 'reasoning': {
      const at = { summary_index: 0 }
      return [
        ['response.reasoning_summary_part.added', { ...at, part: { ...block, text: '' } }],
        ...tokens(text).map((delta): [string, object] => ['response.reasoning_summary_text.delta', { ...at, delta }]),
        ['response.reasoning_summary_text.done', { ...at, text }],
        ['response.reasoning_summary_part.done', { ...at, part: block }],
      ]
    }
    default: {
      const isCustom = item.type === 'custom_tool_call'
      const type = isCustom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
      const input = String(item[isCustom ? 'input' : 'arguments'])
      return [
        ...tokens(input).map((delta): [string, object] => [`${type}.delta`, { delta }]),
        [`${type}.done`, isCustom ? { input } : { arguments: input }],
      ]
    }
  }
}

function customTools(body: unknown): unknown[] {
  const tools = field(body, 'tools')
  const custom = Array.isArray(tools) ? tools.filter((tool) => field(tool, 'type') === 'custom') : []
  return custom.map((tool) => field(tool, 'name'))
}

function usageOf(turn: Turn) {
  const usage = turn.usage ?? USAGE
  const input = usage.input + usage.cacheRead + usage.cacheWrite
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + usage.output,
  }
}
