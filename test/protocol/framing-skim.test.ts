import { expect, test } from 'bun:test'
import { anthropicMessages } from '../../src/protocol/anthropic-messages/index.ts'
import { skim } from '../../src/protocol/framing/skim.ts'

const dull = anthropicMessages.dullEvents as RegExp
const delta = (type: string, text: string) =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"${type}","text":"${text}"}}\n\n`
const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const text = delta('text_delta', 'grün 日本 🙂')
const signature = delta('signature_delta', 's')

test.each([
  ['nothing of words alone', text + text, ''],
  ['what stands between words', text + signature + text + text + stop, signature + stop],
  ['what begins the piece', stop + text, stop],
  ['everything where lines end otherwise', text.replaceAll('\n', '\r\n') + stop, text.replaceAll('\n', '\r\n') + stop],
  ['an event that only quotes another', stop.replace('message_stop"', JSON.stringify(text).slice(1)), undefined],
  ['an event that has no end', text + 'event: message_stop\ndata: {', 'event: message_stop\ndata: {'],
] as const)('of a stream it keeps %s', (_, stream, kept) => {
  const stretches = skim(new TextEncoder().encode(stream), dull)
  expect(stretches.map((stretch) => new TextDecoder().decode(stretch)).join('')).toBe(kept ?? stream)
})
