import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ScriptedUsage } from '../helper/turn.ts'
import type { Upstream } from '../helper/upstream.ts'
import type { Scratch } from './agent.ts'

/** A protocol that the scripted model serves to `ccr`. */
export interface ServedProtocol {
  readonly name: string
  /** How an entry of the config says where it is served, and in what. */
  entry(url: string): Readonly<Record<string, unknown>>
  /** The model's name, where it tells how the provider is called. */
  readonly model?: string
  /** Whether reasoning goes back to the model that made it. */
  readonly returnsReasoning: boolean
  /** What a client of `ccr` must count for an answer of these counts. */
  usage(usage: ScriptedUsage): ScriptedUsage
}

/** Anthropic's own protocol, so that a client of it is relayed. */
export const anthropicMessages: ServedProtocol = {
  name: 'Anthropic Messages',
  entry: (url) => at(`${url}/v1/messages`, 'Anthropic'),
  returnsReasoning: true,
  usage: (usage) => usage,
}

/** OpenAI does not say how much it wrote to its cache: that is a part of the prompt. */
export const openaiChat: ServedProtocol = {
  name: 'OpenAI Chat',
  entry: (url) => at(`${url}/v1/chat/completions`),
  returnsReasoning: false,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** OpenAI's Responses API, whose reasoning is sealed and so never comes back through another protocol. */
export const openaiResponses: ServedProtocol = {
  name: 'OpenAI Responses',
  entry: (url) => at(`${url}/v1/responses`, 'openai-responses'),
  returnsReasoning: true,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** Gemini, whose model is a part of the path. Its cache is read, not written, by a call. */
export const gemini: ServedProtocol = {
  name: 'Gemini',
  entry: (url) => at(`${url}/v1beta/models/`, 'gemini'),
  returnsReasoning: false,
  usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
}

/** Bedrock's Converse, whose stream is binary. It does not tell reasoning from the rest of what it counts. */
export const bedrockConverse: ServedProtocol = {
  name: 'Bedrock Converse',
  entry: bedrock,
  returnsReasoning: true,
  usage: (usage) => usage,
}

/** Claude behind Bedrock's invoke: Anthropic's protocol in AWS's binary stream. */
export const bedrockInvoke: ServedProtocol = {
  name: 'Bedrock, Claude by invoke',
  entry: (url) => ({ ...bedrock(url), protocols: ['anthropic-messages'] }),
  model: 'us.anthropic.scripted-model-v1:0',
  returnsReasoning: true,
  usage: (usage) => usage,
}

/** A config whose only provider is the scripted model. */
export function configFor({ entry, model = 'scripted-model' }: ServedProtocol, { url }: Upstream) {
  return {
    Providers: [{ name: 'scripted', api_key: 'scripted-key', models: [model], ...entry(url) }],
    Router: { default: `scripted,${model}` },
  }
}

/** Writes the config file that `ccr` reads under the scratch HOME. */
export async function writeConfig({ home }: Scratch, config: unknown): Promise<void> {
  const folder = join(home, '.claude-code-router')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o600 })
}

function at(url: string, ...dialects: readonly string[]) {
  return { api_base_url: url, transformer: { use: dialects } }
}

function bedrock(url: string) {
  return { catalog: 'bedrock', origin: url, region: 'eu-west-3' }
}
