import { describe, expect, test } from 'bun:test'

import { anthropicMessages, gemini, openaiChat, openaiResponses, type ServedProtocol } from './config.ts'
import { LIMIT_MS, play, SECRET, type Played, type Player } from './play.ts'
import { QWEN_CODE, runQwenCode, type QwenCodeRun } from './qwen-code.ts'
import { startRouter } from './served.ts'

if (!QWEN_CODE) console.warn('Qwen Code or Node.js is not installed, so its tests are skipped: `npm test` installs it.')

function throughCcr(protocol: ServedProtocol): Player<QwenCodeRun> {
  return {
    async run(prompt, provider, scratch) {
      await using router = await startRouter(protocol, provider, scratch)
      return await runQwenCode(QWEN_CODE ?? [], prompt, scratch, `${router.url}/v1`)
    },
  }
}

function expectSuccess({ code, text, stderr }: Played<QwenCodeRun>, wanted: string): void {
  expect({ code, text: text.trim(), ...(code !== 0 && { stderr }) }).toEqual({ code: 0, text: wanted })
}

// It takes seconds to start: what other Chat clients show as well is left to them.
const protocols = [anthropicMessages, openaiChat, openaiResponses, gemini]

describe.skipIf(!QWEN_CODE).each(protocols)('Qwen Code through ccr to $name', (protocol) => {
  test(
    'runs a command, reads, writes and edits',
    async () => {
      await using played = await play(throughCcr(protocol), 'tools')
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
    },
    LIMIT_MS,
  )
})
