import { expect } from 'bun:test'

import type { Ended, Scratch } from './agent.ts'
import {
  anthropicMessages,
  bedrockConverse,
  bedrockInvoke,
  gemini,
  openaiChat,
  openaiResponses,
  type ServedProtocol,
} from './config.ts'
import type { Played, Player } from './play.ts'
import { startRouter } from './served.ts'

/** Every protocol that a provider may speak; Claude behind Bedrock's invoke counts as one of its own. */
export const PROTOCOLS = [anthropicMessages, openaiChat, openaiResponses, gemini, bedrockConverse, bedrockInvoke]

/** Runs an agent against `ccr start`, whose only provider is the scripted model; `url` is without `/v1`. */
export function throughCcr<Run extends Ended>(
  protocol: ServedProtocol,
  run: (prompt: string, scratch: Scratch, url: string) => Promise<Run>,
): Player<Run> {
  return {
    async run(prompt, provider, scratch) {
      await using router = await startRouter(protocol, provider, scratch)
      return await run(prompt, scratch, router.url)
    },
  }
}

/** The agent ended well with this text. One comparison, so that a failure shows all there is to know of the run. */
export function expectText({ code, text, stderr }: Played<Ended & { text: string }>, wanted: string): void {
  expect({ code, text: text.trim(), ...(code !== 0 && { stderr }) }).toEqual({ code: 0, text: wanted })
}
