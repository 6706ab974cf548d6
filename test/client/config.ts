import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ScriptedUsage } from '../helper/turn.ts'
import type { Upstream } from '../helper/upstream.ts'
import type { Scratch } from './agent.ts'

/** A protocol that the scripted model serves to `ccr`. */
export interface ServedProtocol {
  readonly name: string
  readonly path: string
  /** `transformer.use` of the config. */
  readonly dialects: readonly string[]
  /** Whether reasoning goes back to the model that made it. */
  readonly returnsReasoning: boolean
  /** What a client of `ccr` must count for an answer of these counts. */
  usage(usage: ScriptedUsage): ScriptedUsage
}

/** Anthropic's own protocol, so that a client of it is relayed. */
export const anthropicMessages: ServedProtocol = {
  name: 'Anthropic Messages',
  path: '/v1/messages',
  dialects: ['Anthropic'],
  returnsReasoning: true,
  usage: (usage) => usage,
}

/** OpenAI does not say how much it wrote to its cache: that is a part of the prompt. */
export const openaiChat: ServedProtocol = {
  name: 'OpenAI Chat',
  path: '/v1/chat/completions',
  dialects: [],
  returnsReasoning: false,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** OpenAI's Responses API, whose reasoning is sealed and so never comes back through another protocol. */
export const openaiResponses: ServedProtocol = {
  name: 'OpenAI Responses',
  path: '/v1/responses',
  dialects: ['openai-responses'],
  returnsReasoning: true,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** Gemini, whose model is a part of the path. Its cache is read, not written, by a call. */
export const gemini: ServedProtocol = {
  name: 'Gemini',
  path: '/v1beta/models/',
  dialects: ['gemini'],
  returnsReasoning: false,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** A config whose only provider is the scripted model. */
export function configFor({ path, dialects }: ServedProtocol, provider: Upstream) {
  return {
    Providers: [
      {
        name: 'scripted',
        api_base_url: provider.url + path,
        api_key: 'scripted-key',
        models: ['scripted-model'],
        transformer: { use: dialects },
      },
    ],
    Router: { default: 'scripted,scripted-model' },
  }
}

/** Writes the config file that `ccr` reads under the scratch HOME. */
export async function writeConfig({ home }: Scratch, config: unknown): Promise<void> {
  const folder = join(home, '.claude-code-router')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o600 })
}
