import type { ScriptedCall, ScriptedStop, Turn } from './turn.ts'

/** What an answer takes from its request. */
export interface Identity {
  readonly model?: string
  /** Goes into every id, so that ids differ from answer to answer as a real model's do. */
  readonly serial?: number
}

/** Text in pieces of a few characters, as a model streams it. Code points stay whole; `split` cuts bytes. */
export function tokens(text: string, size = 12): string[] {
  const characters = [...text]
  const count = Math.ceil(characters.length / size)
  return Array.from({ length: count }, (_, index) => characters.slice(index * size, (index + 1) * size).join(''))
}

/** The call's arguments as they travel. */
export function inputText(call: ScriptedCall): string {
  return typeof call.input === 'string' ? call.input : JSON.stringify(call.input)
}

/** Why the turn ends: as it says, else by what it holds. */
export function stopOf(turn: Turn): ScriptedStop {
  return turn.stop ?? (turn.calls?.length ? 'tool' : 'end')
}

/** A field of a request's body, which may be anything. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}

/** One server-sent event. */
export function sse(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return event ? `event: ${event}\ndata: ${text}\n\n` : `data: ${text}\n\n`
}
