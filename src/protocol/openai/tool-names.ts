import type { ModelRequest } from '../../canonical/request.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'

/** The names under which a provider knows the tools. */
export interface ToolNames {
  /** The name on the wire. */
  of(name: string): string
  /** Wire name → the client's; only where they differ. */
  readonly renamed: ReadonlyMap<string, string>
}

/** Gives each tool of a request a name that every provider accepts; most keep their own. */
export function createToolNames(request: ModelRequest): ToolNames {
  const names = namesIn(request)
  const wireNames = new Map<string, string>()
  const renamed = new Map<string, string>()
  for (const name of names) {
    if (ACCEPTED.test(name)) continue
    let wire = shortened(name, MAX_LENGTH)
    for (let attempt = 2; names.has(wire) || renamed.has(wire); attempt++)
      wire = shortened(`${name}#${attempt}`, MAX_LENGTH)
    wireNames.set(name, wire)
    renamed.set(wire, name)
  }
  return { of: (name) => wireNames.get(name) ?? name, renamed }
}

/** A call id that the provider of `model` accepts; the same one for the same `id`. */
export function wireId(id: string, model: string): string {
  const isAccepted = ACCEPTED_ID.test(id) || (KIMI.test(model) && KIMI_ID.test(id))
  return isAccepted ? id : shortened(id, MAX_ID_LENGTH)
}

const MAX_LENGTH = 64
const ACCEPTED = /^[a-zA-Z0-9_-]{1,64}$/
// OpenAI refuses ids of more than 40 characters: "string too long. Expected a string with maximum length 40".
const MAX_ID_LENGTH = 40
const ACCEPTED_ID = /^[a-zA-Z0-9_-]{1,40}$/
// Kimi counts its calls in their ids and loses its way without them.
const KIMI = /kimi|moonshot/i
const KIMI_ID = /^functions\.[a-zA-Z0-9_-]{1,64}:\d+$/

function shortened(text: string, length: number): string {
  const mark = `_${fingerprint(text)}`
  return text.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, length - mark.length) + mark
}

function namesIn(request: ModelRequest): ReadonlySet<string> {
  const names = new Set<string>()
  for (const tool of request.tools) if (tool.type === 'function') names.add(tool.name)
  if (request.toolChoice?.type === 'tool') names.add(request.toolChoice.name)
  for (const message of request.messages)
    for (const part of message.parts) if (part.type === 'tool-call') names.add(part.name)
  return names
}
