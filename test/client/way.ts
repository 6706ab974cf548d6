import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ScriptedUsage } from '../helper/turn.ts'
import type { Upstream } from '../helper/upstream.ts'
import { executable, type Scratch } from './agent.ts'
import { claudeArguments, quietClaude, runClaude, type ClaudeRun } from './claude-code.ts'

/** A way from Claude Code to the scripted model. */
export interface Way {
  readonly name: string
  /** Runs Claude Code with a prompt; `env` comes on top of what the way itself needs. */
  run(prompt: string, provider: Upstream, scratch: Scratch, env?: Readonly<Record<string, string>>): Promise<ClaudeRun>
  /** The counts that Claude Code must show for one answer of these counts. */
  usage(usage: ScriptedUsage): ScriptedUsage
}

/** Every way; the first is the reference: the agent on the model itself, with no router between. */
export function waysTo(claude: string): readonly Way[] {
  return [
    {
      name: 'straight',
      run: (prompt, provider, scratch, env) =>
        runClaude([claude, ...claudeArguments(prompt)], scratch, {
          ...quietClaude(scratch),
          ANTHROPIC_BASE_URL: provider.url,
          ANTHROPIC_AUTH_TOKEN: 'scripted-key',
          ANTHROPIC_MODEL: 'scripted-model',
          ...env,
        }),
      usage: (usage) => usage,
    },
    throughCcr(claude, {
      name: 'ccr to Anthropic Messages',
      path: '/v1/messages',
      dialects: ['Anthropic'],
      usage: (usage) => usage,
    }),
    throughCcr(claude, {
      name: 'ccr to OpenAI Chat',
      path: '/v1/chat/completions',
      dialects: [],
      // OpenAI does not say how much it wrote to its cache: that is part of the prompt.
      usage: (usage) => ({ ...usage, input: usage.input + usage.cacheWrite, cacheWrite: 0 }),
    }),
  ]
}

interface Protocol extends Pick<Way, 'name' | 'usage'> {
  readonly path: string
  readonly dialects: readonly string[]
}

function throughCcr(claude: string, { name, path, dialects, usage }: Protocol): Way {
  return {
    name,
    usage,
    run: async (prompt, provider, scratch, env) => {
      await writeConfig(scratch, {
        CLAUDE_PATH: claude,
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
      })
      const command = [await executable(), 'code', ...claudeArguments(prompt)]
      return runClaude(command, scratch, { ...quietClaude(scratch), ...env })
    },
  }
}

/** Writes the config file that `ccr` reads under the scratch HOME. */
export async function writeConfig({ home }: Scratch, config: unknown): Promise<void> {
  const folder = join(home, '.claude-code-router')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o600 })
}
