import type { ModelRequest, TextPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import type { Call, Middleware } from '../call.ts'
import type { Warn } from '../warn.ts'

/**
 * `REWRITE_SYSTEM_PROMPT`: puts the text of `file` in the place of Claude Code's own system prompt, the longest text
 * of `system` besides the billing line and the line that says who it is. Versions that describe the environment in the
 * same text, from `<env>` on, keep that; newer ones send it as a message, which is left alone. Only the main
 * conversation: sub-agents, titles and searches do what their own prompts say, and a short prompt is one that the user
 * gave (`--system-prompt`). An empty file takes the prompt out. A file that cannot be read is a warning, and the
 * request goes on unchanged.
 */
export function createRewriteSystem(file: string, ports: Pick<Ports, 'readText'>, warn: Warn): Middleware {
  return async (call, next) => {
    const prompt = ownPrompt(call)
    if (!prompt) return next(call)
    let text: string
    try {
      text = await ports.readText(file)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      warn(`REWRITE_SYSTEM_PROMPT: ${file} cannot be read, so the system prompt stays as it is: ${why}`, {
        call: call.id,
      })
      return next(call)
    }
    return next({ ...call, request: rewritten(call.request, prompt, text), edited: true })
  }
}

/** Claude Code's prompts are longer; those of its users for one task are shorter. */
const shortestPrompt = 2_000
const billingLine = 'x-anthropic-billing-header:'
const identityLine = /^You are (?:Claude Code|a Claude agent)\b[^\n]{0,200}$/

/** The text to replace, in a request of Claude Code's main conversation. */
function ownPrompt({ request, wire }: Call): TextPart | undefined {
  const isMain = (wire.headers['user-agent'] ?? '').startsWith('claude-cli/') && !isSubAgent(request, wire.headers)
  if (!isMain || !request.tools.some((tool) => tool.type === 'function')) return undefined
  const longest = request.system
    .filter(({ text }) => !text.startsWith(billingLine) && !identityLine.test(text.trim()))
    .reduce<TextPart | undefined>(
      (best, part) => (best && best.text.length >= part.text.length ? best : part),
      undefined,
    )
  return longest && longest.text.length >= shortestPrompt ? longest : undefined
}

function isSubAgent(request: ModelRequest, headers: Readonly<Record<string, string>>): boolean {
  if (headers['x-claude-code-agent-id'] !== undefined) return true
  return request.system.some(({ text }) => text.startsWith(billingLine) && text.includes('cc_is_subagent=true'))
}

function rewritten(request: ModelRequest, prompt: TextPart, replacement: string): ModelRequest {
  const environment = prompt.text.lastIndexOf('<env>')
  const text = replacement + (environment < 0 ? '' : prompt.text.slice(environment))
  // Providers refuse a text without a word.
  const kept = request.system.filter((part) => part !== prompt || text.trim() !== '')
  return { ...request, system: kept.map((part) => (part === prompt ? { ...part, text } : part)) }
}
