import type { ScriptedUsage } from '../helper/turn.ts'
import type { Upstream } from '../helper/upstream.ts'
import { executable, type Scratch } from './agent.ts'
import {
  anthropicMessages,
  bedrockConverse,
  bedrockInvoke,
  configFor,
  gemini,
  openaiChat,
  openaiResponses,
  writeConfig,
  type ServedProtocol,
} from './config.ts'
import { claudeArguments, quietClaude, runClaude, type ClaudeRun } from './claude-code.ts'

/** A way from Claude Code to the scripted model. */
export interface Way {
  readonly name: string
  /** Runs Claude Code with a prompt; `env` comes on top of what the way itself needs. */
  run(prompt: string, provider: Upstream, scratch: Scratch, env?: Readonly<Record<string, string>>): Promise<ClaudeRun>
  /** Whether a line at the end tells the models and tokens of the run. */
  readonly sumsUp: boolean
  /** Whether the model's reasoning goes back to it. */
  readonly returnsReasoning: boolean
  /** Whether what the model is sent is ours, and not Claude Code's own words. */
  readonly isTranslated: boolean
  /** The counts that Claude Code must show for one answer of these counts. */
  usage(usage: ScriptedUsage): ScriptedUsage
}

/** Every way; the first is the reference: the agent on the model itself, with no router between. */
export function waysTo(claude: string): readonly Way[] {
  return [
    {
      name: 'straight',
      sumsUp: false,
      returnsReasoning: true,
      isTranslated: false,
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
    throughCcr(claude, anthropicMessages),
    throughCcr(claude, openaiChat),
    throughCcr(claude, gemini),
  ]
}

/** Ways whose translation or framing others show as well: what is their own is the episode itself, and what is proved in it. */
export function furtherWaysTo(claude: string): readonly Way[] {
  return [openaiResponses, bedrockConverse, bedrockInvoke].map((protocol) => throughCcr(claude, protocol))
}

function throughCcr(claude: string, protocol: ServedProtocol): Way {
  return {
    name: `ccr to ${protocol.name}`,
    sumsUp: true,
    returnsReasoning: protocol.returnsReasoning,
    isTranslated: protocol !== anthropicMessages && protocol !== bedrockInvoke,
    usage: (usage) => protocol.usage(usage),
    run: async (prompt, provider, scratch, env) => {
      await writeConfig(scratch, { CLAUDE_PATH: claude, ...configFor(protocol, provider) })
      const command = [await executable(), 'code', ...claudeArguments(prompt)]
      return runClaude(command, scratch, { ...quietClaude(scratch), ...env })
    },
  }
}
