import { asString, isObject } from '../canonical/json.ts'
import type { Message, ModelRequest } from '../canonical/request.ts'

/** Request headers by lower-case name. */
export type HeaderValues = Readonly<Record<string, string | undefined>>

/** What is remembered of a conversation between its calls, under `conversationOf`. */
export interface SessionState {
  /** The estimate of its last input, in tokens. */
  readonly estimated: number
  /** Real input tokens for one estimated token, as the last usage showed. Absent: no usage yet. */
  readonly ratio?: number
  /** The estimate at which it went over to `longContext`. Absent: it has not, or has come back. */
  readonly longFrom?: number
}

/** The state after the provider said how many input tokens the call really had. */
export function learnInput(state: SessionState, inputTokens: number): SessionState {
  if (!(inputTokens > 0) || !(state.estimated > 0) || inputTokens === Infinity) return state
  const ratio = Math.min(largestRatio, Math.max(1 / largestRatio, inputTokens / state.estimated))
  return { ...state, ratio }
}

/**
 * An estimate, corrected by the conversation's last real count. Of two readings of that count (everything is so much
 * larger; or something that we do not see is always added, as a provider's own preamble) the smaller one counts.
 */
export function calibrated(estimated: number, { estimated: last, ratio = 1 }: SessionState): number {
  return Math.max(0, Math.min(estimated * ratio, estimated + (ratio - 1) * last))
}

/** The agent's session, from its header or its user id. An opaque text: see `isSafeSessionId` before using it in a path. */
export function sessionIdOf(request: Pick<ModelRequest, 'userId'>, headers: HeaderValues): string | undefined {
  for (const name of sessionHeaders) if (headers[name]) return headers[name]
  return request.userId ? sessionOfUserId(request.userId) : undefined
}

/** Whether a session id may be part of a file name: letters, digits, `-` and `_`, 8 to 128 of them. */
export function isSafeSessionId(id: string): boolean {
  return safeId.test(id)
}

/**
 * A key for what belongs to one conversation: its session, its sub-agent, its first prompt. One session holds many
 * conversations side by side (main, sub-agents, titles, searches), and compacting starts a new one.
 * Absent: the client names no session.
 */
export function conversationOf(
  request: ModelRequest,
  headers: HeaderValues,
  session = sessionIdOf(request, headers),
): string | undefined {
  if (session === undefined) return undefined
  const agent = headers['x-claude-code-agent-id'] ?? ''
  return `${session.slice(0, 200)}/${agent.slice(0, 100)}/${fingerprint(firstPrompt(request.messages))}`
}

// Beyond this the provider counts something else than we do (a cached prompt it does not report, say).
const largestRatio = 4
const safeId = /^[A-Za-z0-9][A-Za-z0-9_-]{7,127}$/
/** Claude Code, Codex, opencode. */
const sessionHeaders = ['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id'] as const
const reminder = '<system-reminder>'

function sessionOfUserId(userId: string): string | undefined {
  if (userId.startsWith('{')) return sessionOfJson(userId)
  const mark = userId.lastIndexOf('_session_')
  return mark < 0 ? undefined : userId.slice(mark + '_session_'.length) || undefined
}

function sessionOfJson(text: string): string | undefined {
  if (text.length > 10_000) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return (isObject(value) && asString(value['session_id'])) || undefined
  } catch {
    // A user id is the client's own text; one that only looks like JSON names no session.
    return undefined
  }
}

/** What the user typed first. The reminders around it change (a date, a list of files); this does not. */
function firstPrompt(messages: readonly Message[]): string {
  const first = messages.find((message) => message.role === 'user')
  let prompt = ''
  for (const part of first?.parts ?? []) if (part.type === 'text' && !part.text.startsWith(reminder)) prompt = part.text
  return prompt
}

/** FNV-1a over the start of the text, and its length. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length && index < 1024; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return `${(hash >>> 0).toString(36)}.${text.length}`
}
