import type { FunctionTool, ModelRequest } from '../canonical/request.ts'

/** Whether Claude Code sends this empty deferred tool just to keep its deferred loading going. A loaded tool may be empty as well. */
export function isPlaceholder(tool: FunctionTool, request: ModelRequest): boolean {
  if (!tool.deferred || Object.keys(tool.schema.properties ?? {}).length > 0) return false
  if (request.tools.some((other) => other.type === 'server' && other.kind === 'tool-search')) return false
  return !request.messages.some(({ parts }) => parts.some((part) => mentions(part, tool.name)))
}

function mentions(part: ModelRequest['messages'][number]['parts'][number], name: string): boolean {
  if (part.type === 'tool-call') return part.name === name
  if (part.type === 'native') return part.native.rest.tool_name === name
  return part.type === 'tool-result' && part.content.some((item) => mentions(item, name))
}
