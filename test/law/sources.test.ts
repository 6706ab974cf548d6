import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { codecOf } from '../../src/protocol/index.ts'
import type { Frame } from '../../src/protocol/protocol.ts'
import { decodeContext, encodeContext, eventsIn, run } from './scenarios.ts'

const URL = 'https://example.org/bun'
const usage = { input_tokens: 1, output_tokens: 1 }
const named = (events: readonly object[]): Frame[] =>
  events.map((event) => ({ event: String((event as JsonObject)['type']), data: JSON.stringify(event) }))

const call = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'bun' } }
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [
    { type: 'web_search_result', url: 'https://example.org/other', title: 'Other', encrypted_content: 'x' },
    { type: 'web_search_result', url: URL, title: 'On Bun', encrypted_content: 'y' },
  ],
}
const citation = {
  type: 'web_search_result_location',
  url: URL,
  title: 'On Bun',
  cited_text: 'f',
  encrypted_index: 'e',
}
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage }
const annotation = { type: 'url_citation', start_index: 0, end_index: 3, title: 'On Bun', url: URL }
const chatCitation = { type: 'url_citation', url_citation: { start_index: 0, end_index: 3, title: 'On Bun', url: URL } }
const searched = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'bun' } }
const said = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Fast.', annotations: [annotation], logprobs: [] }],
}
const response = { id: 'resp_1', object: 'response', model: 'm', status: 'completed', output: [searched, said], usage }
const grounding = { webSearchQueries: ['bun'], groundingChunks: [{ web: { uri: URL, title: 'On Bun' } }] }
const candidate = { index: 0, content: { role: 'model', parts: [{ text: 'Fast.' }] }, finishReason: 'STOP' }
const grounded = { candidates: [{ ...candidate, groundingMetadata: grounding }], responseId: 'g', modelVersion: 'm' }

/** How each provider tells of what it has found, whole and in a stream. */
const ANSWERS: readonly (readonly [ProtocolId, JsonObject, Frame[]])[] = [
  [
    'anthropic-messages',
    {
      ...message,
      content: [call, found, { type: 'text', text: 'Fast.', citations: [citation] }],
      stop_reason: 'end_turn',
    },
    named([
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { ...call, input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":"bun"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: found },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '', citations: [] } },
      { type: 'content_block_delta', index: 2, delta: { type: 'citations_delta', citation } },
      { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Fast.' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ]),
  ],
  [
    'openai-chat',
    {
      id: 'c',
      model: 'm',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: 'Fast.', annotations: [chatCitation] },
        },
      ],
    },
    [{ content: 'Fast.' }, { annotations: [chatCitation] }].map((delta, index): Frame => ({
      data: JSON.stringify({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, delta, finish_reason: index ? 'stop' : null }],
      }),
    })),
  ],
  [
    'openai-responses',
    response,
    named([
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.done', output_index: 0, item: searched },
      { type: 'response.output_item.done', output_index: 1, item: said },
      { type: 'response.completed', response },
    ]),
  ],
  ['gemini', grounded, [{ data: JSON.stringify(grounded) }]],
]

const CLIENTS: readonly ProtocolId[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini']

describe.each(ANSWERS)('the pages that a provider of %s has found and cites', (provider, body, frames) => {
  test.each(CLIENTS)('reach a client of %s, whole and streamed, each once', (client) => {
    const reply = codecOf(provider).decodeReply(body, decodeContext())
    const whole = JSON.stringify(codecOf(client).encodeReply(reply, encodeContext()))
    const events = eventsIn(codecOf(provider), frames)
    const streamed = run(codecOf(client).encodeStream(encodeContext()), events).map(({ data }) => data)
    expect(whole).toContain(URL)
    expect(streamed.join('\n')).toContain(URL)
    if (client === provider) return
    expect(reply.search?.pages).toEqual([{ url: URL, title: 'On Bun' }])
    expect(whole.split(URL)).toHaveLength(2)
  })
})

test('so do the pages that Perplexity names beside its answer', () => {
  const search_results = [{ title: 'On Bun', url: URL, date: null }]
  const body = { id: 'c', model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { content: 'Fast.' } }] }
  const reply = codecOf('openai-chat').decodeReply({ ...body, search_results }, decodeContext())
  expect(JSON.stringify(codecOf('anthropic-messages').encodeReply(reply, encodeContext()))).toContain(URL)
  expect(codecOf('openai-chat').encodeReply(reply, encodeContext())).toMatchObject({ search_results })
})
