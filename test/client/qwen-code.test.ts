import { describe, expect, test } from 'bun:test'

import { openaiChat, type ServedProtocol } from './config.ts'
import { LIMIT_MS, play, SECRET, type Player } from './play.ts'
import { QWEN_CODE, runQwenCode, type QwenCodeRun } from './qwen-code.ts'
import { expectText, PROTOCOLS, throughCcr } from './through.ts'

if (!QWEN_CODE) console.warn('Qwen Code or Node.js is not installed, so its tests are skipped: `npm test` installs it.')

function to(protocol: ServedProtocol): Player<QwenCodeRun> {
  return throughCcr(protocol, (prompt, scratch, url) => runQwenCode(QWEN_CODE ?? [], prompt, scratch, `${url}/v1`))
}

// It takes seconds to start: what other Chat clients show as well is left to them.
describe.skipIf(!QWEN_CODE).each(PROTOCOLS)('Qwen Code through ccr to $name', (protocol) => {
  test(
    'runs a command, reads, writes and edits',
    async () => {
      await using played = await play(to(protocol), 'tools')
      expectText(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      // What it says in the provider's own protocol is its own.
      if (protocol !== openaiChat) expect(played.faults).toEqual([])
    },
    LIMIT_MS,
  )
})
