import { describe, expect, test } from 'bun:test'

import { gemini, openaiChat, openaiResponses, type ServedProtocol } from './config.ts'
import { GEMINI_CLI, runGeminiCli, type GeminiCliRun } from './gemini-cli.ts'
import { IMAGE, LIMIT_MS, play, SECRET, type Player } from './play.ts'
import { expectText, PROTOCOLS, throughCcr } from './through.ts'

if (!GEMINI_CLI)
  console.warn('Gemini CLI or Node.js is not installed, so its tests are skipped: `npm test` installs it.')

function to(protocol: ServedProtocol): Player<GeminiCliRun> {
  return throughCcr(protocol, (prompt, scratch, url) => runGeminiCli(GEMINI_CLI ?? [], prompt, scratch, url))
}

describe.skipIf(!GEMINI_CLI).each(PROTOCOLS)('Gemini CLI through ccr to $name', (protocol) => {
  test(
    'runs a command, reads, writes and edits',
    async () => {
      await using played = await play(to(protocol), 'tools')
      expectText(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      // What it says in the provider's own protocol is its own.
      if (protocol !== gemini) expect(played.faults).toEqual([])
    },
    LIMIT_MS,
  )
})

// It takes seconds to start: what other clients show as well is left to them.
describe.skipIf(!GEMINI_CLI)('Gemini CLI through ccr', () => {
  test.each([openaiResponses])(
    'to $name calls two tools in one turn',
    async (protocol) => {
      await using played = await play(to(protocol), 'parallel')
      expectText(played, `parallel done: ${SECRET}, 2 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
    },
    LIMIT_MS,
  )

  test.each([openaiChat, gemini])(
    'to $name shows the model an image, byte for byte, as an image',
    async (protocol) => {
      await using played = await play(to(protocol), 'image')
      expectText(played, 'image done: no secret, 1 results')
      const images = played.conversations.at(-1)?.messages.flatMap((message) => message.images)
      expect(images).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
    },
    LIMIT_MS,
  )
})
