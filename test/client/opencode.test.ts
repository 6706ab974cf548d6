import { describe, expect, test } from 'bun:test'

import { anthropicMessages, openaiChat, openaiResponses, type ServedProtocol } from './config.ts'
import { OPENCODE, runOpencode, type OpencodePackage, type OpencodeRun } from './opencode.ts'
import { IMAGE, LIMIT_MS, play, SECRET, type Played, type Player } from './play.ts'
import { PROTOCOLS, throughCcr } from './through.ts'

if (!OPENCODE) console.warn('opencode is not installed, so its tests are skipped: `npm test` installs it.')

interface Way {
  readonly npm: OpencodePackage
  readonly name: string
  readonly protocol: ServedProtocol
}

// It takes five seconds to start: what other clients show as well is left to them.
const WAYS: readonly Way[] = [
  ...PROTOCOLS.map((protocol): Way => ({
    npm: '@ai-sdk/openai-compatible',
    name: protocol.name,
    protocol,
  })),
  { npm: '@ai-sdk/anthropic', name: openaiChat.name, protocol: openaiChat },
]

function along({ npm, protocol }: Way): Player<OpencodeRun> {
  return throughCcr(protocol, (prompt, scratch, url) =>
    runOpencode(OPENCODE ?? '', prompt, scratch, { npm, url: `${url}/v1` }),
  )
}

function expectSuccess({ code, text, events, stderr }: Played<OpencodeRun>, wanted: string): void {
  const errors = events.filter(({ type }) => type === 'error')
  expect({ code, text: text.trim(), errors, stderr }).toEqual({ code: 0, text: wanted, errors: [], stderr: '' })
}

describe.skipIf(!OPENCODE).each(WAYS)('opencode by $npm, ccr to $name', (way) => {
  test(
    'runs a command, reads, writes and edits',
    async () => {
      await using played = await play(along(way), 'tools')
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      // What it says in the provider's own protocol is its own.
      const isOwn = way.npm === '@ai-sdk/openai-compatible' && way.protocol === openaiChat
      if (!isOwn) expect(played.faults).toEqual([])
    },
    LIMIT_MS,
  )
})

// Who asks in one protocol and is answered in another: what is lost is lost here.
const CROSSED: readonly [OpencodePackage, ServedProtocol][] = [
  ['@ai-sdk/openai-compatible', anthropicMessages],
  ['@ai-sdk/anthropic', openaiResponses],
]

describe.skipIf(!OPENCODE).each(CROSSED)('opencode by %s, crossed', (npm, protocol) => {
  test(
    'shows the model an image, byte for byte, as an image',
    async () => {
      await using played = await play(along({ npm, protocol, name: protocol.name }), 'image')
      expectSuccess(played, 'image done: no secret, 1 results')
      const images = played.conversations.at(-1)?.messages.flatMap((message) => message.images)
      expect(images).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
    },
    LIMIT_MS,
  )
})
