import { ModelError } from '../canonical/error.ts'
import type { ModelRequest } from '../canonical/request.ts'

/** The names of the only tools that may be called; nothing where all may. Throws where none of them is there to be called. */
export function allowedNames({ tools, toolChoice }: ModelRequest): ReadonlySet<string> | undefined {
  if (!toolChoice || !('allowed' in toolChoice) || !toolChoice.allowed) return undefined
  const names = new Set(toolChoice.allowed)
  if (tools.some(({ name }) => names.has(name))) return names
  throw new ModelError(
    `The request cannot be translated: "tool_choice" allows only tools that it does not have (${toolChoice.allowed.join(', ') || 'none at all'}): name tools that stand in "tools".`,
    { kind: 'bad-request', shouldRetry: false, param: 'tool_choice' },
  )
}

/** Why a tool is not told to those who cannot be told that it must not be called. */
export const NOT_ALLOWED = 'the tool choice does not allow it, and the provider cannot be told so: it is not shown'
