import type { ModelRequest } from '../../canonical/request.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'

/** The names under which Gemini knows the functions. */
export interface FunctionNames {
  /** The name on the wire. */
  of(name: string): string
  /** Wire name → the client's; only where they differ. */
  readonly renamed: ReadonlyMap<string, string>
}

/** Gives each function a name that Gemini accepts; most keep their own, and one name never becomes another's. */
export function createFunctionNames(request: ModelRequest): FunctionNames {
  const names = new Set(namesIn(request))
  const wireNames = new Map<string, string>()
  const renamed = new Map<string, string>()
  for (const name of names) {
    if (ACCEPTED.test(name)) continue
    let wire = accepted(name, name)
    for (let attempt = 2; names.has(wire) || renamed.has(wire); attempt++) wire = accepted(name, `${name}#${attempt}`)
    wireNames.set(name, wire)
    renamed.set(wire, name)
  }
  return { of: (name) => wireNames.get(name) ?? name, renamed }
}

const MAX_LENGTH = 64
// https://ai.google.dev/api/caching#FunctionDeclaration
const ACCEPTED = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

function accepted(name: string, seed: string): string {
  const mark = `_${fingerprint(seed)}`
  const safe = name.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^[^A-Za-z_]/, '_$&')
  return safe.slice(0, MAX_LENGTH - mark.length) + mark
}

function* namesIn(request: ModelRequest): Generator<string> {
  for (const tool of request.tools) if (tool.type === 'function') yield tool.name
  if (request.toolChoice?.type === 'tool') yield request.toolChoice.name
  for (const message of request.messages)
    for (const part of message.parts) if (part.type === 'tool-call') yield part.name
}
