import Anthropic from '@anthropic-ai/sdk'

import { answerTurn } from '../helper/answer-turn.ts'
import type { Turn } from '../helper/turn.ts'
import type { Received, Script } from '../helper/upstream.ts'
import type { ServedProtocol } from './config.ts'
import { serve, type Served } from './served.ts'

/** `ccr start` in front of a scripted provider, and the official SDK in front of `ccr`. */
export interface SdkStage extends Served {
  readonly client: Anthropic
}

/** The key that the SDK shows to `ccr`. */
export const CLIENT_KEY = 'clients-own-key'

/** A plain question. */
export const ask = {
  model: 'claude-scripted',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hello 🙂' }],
} satisfies Anthropic.MessageCreateParamsNonStreaming

/** Sets the stage; `base` comes after the address in the SDK's base URL. The SDK itself tries nothing twice. */
export async function openStage(protocol: ServedProtocol, script: Script, base = ''): Promise<SdkStage> {
  const served = await serve(protocol, script)
  return { ...served, client: new Anthropic({ apiKey: CLIENT_KEY, baseURL: served.url + base, maxRetries: 0 }) }
}

/** A provider that always says the same. */
export function saying(turn: Turn): Script {
  return (request: Received) => answerTurn(request, turn)
}
