import { isObject, type JsonObject } from '../../canonical/json.ts'
import { formFor } from '../../canonical/native.ts'
import type { ModelRequest, Tool, ToolCallPart } from '../../canonical/request.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'
import { createLosses, type Losses } from '../openai/losses.ts'
import { createToolNames, type ToolNames } from '../openai/tool-names.ts'
import { pairTools, type Pairs } from '../tool-pairs.ts'
import type { Target } from '../protocol.ts'
import { unwrapInput } from '../openai/custom-tool.ts'
import { ID, isOurs } from './residue.ts'

/** What the encoding of one request carries along: for whom, and what could not be said to them. */
export interface Encoding {
  readonly target: Target
  /** The request came in this protocol: it is sent as it came, not brought into order. */
  readonly ours: boolean
  readonly names: ToolNames
  readonly pairs: Pairs
  readonly losses: Losses
  /** Names of an OpenAI Chat client's free-form tools. */
  readonly chatCustoms: ReadonlySet<string>
}

/** Begins the encoding of `request`. */
export function createEncoding(request: ModelRequest, target: Target): Encoding {
  const ours = isOurs(request)
  const names = ours ? { of: (name: string) => name, renamed: new Map<string, string>() } : createToolNames(request)
  return {
    target,
    ours,
    names,
    pairs: pairTools(request.messages, ours ? (id) => id : callId),
    losses: createLosses(ID, 'the Responses API'),
    chatCustoms: new Set(request.tools.filter(isChatCustom).map(({ name }) => name)),
  }
}

/** Whether it is a free-form tool of an OpenAI Chat client. */
export function isChatCustom(tool: Tool): boolean {
  return chatCustomOf(tool) !== undefined
}

/** A free-form tool as an OpenAI Chat client declared it. */
export function chatCustomOf(tool: Tool): JsonObject | undefined {
  const form = formFor(tool.native, 'openai-chat')
  return isObject(form) && isObject(form.custom) ? form.custom : undefined
}

/** The text of a Chat client's free-form call; nothing for a call of a function. */
export function chatInput(call: ToolCallPart, { chatCustoms }: Encoding): string | undefined {
  if (formFor(call.native, 'openai-chat') === 'custom') return unwrapInput(call.input)
  return chatCustoms.has(call.name) ? unwrapInput(call.input) : undefined
}

/** A call id that every provider accepts; the same one for the same `id`. */
export function callId(id: string): string {
  if (ACCEPTED_ID.test(id)) return id
  const mark = `_${fingerprint(id)}`
  return id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_ID_LENGTH - mark.length) + mark
}

const MAX_ID_LENGTH = 64
const ACCEPTED_ID = /^[a-zA-Z0-9_-]{1,64}$/
