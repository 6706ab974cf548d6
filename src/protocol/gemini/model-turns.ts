import type { Message, Part, TextPart } from '../../canonical/request.ts'
import { ID, isOurs, spelling } from './residue.ts'

/**
 * Contents of the model that follow each other as one turn: the chats of Google's SDKs keep each chunk of a stream as a
 * content of its own, with texts cut anywhere and empty ones, which others refuse. `splitTurn` takes them apart again.
 */
export function joinTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = []
  let run: Message[] = []
  const close = (): void => {
    if (run.length > 0) turns.push(run.length === 1 ? (run[0] as Message) : joined(run))
    run = []
  }
  for (const message of messages) {
    const isPlain = message.role === 'assistant' && isUnmarked(message)
    if (!isPlain) close()
    if (isPlain) run.push(message)
    else turns.push(message)
  }
  close()
  return turns
}

/** The contents that `joinTurns` made `message` of; itself alone if it was one, or is no longer what they said. */
export function splitTurn(message: Message): readonly Message[] {
  const contents = spelling(message.native, 'contents')
  if (!Array.isArray(contents)) return [message]
  const { form: _, ...native } = { form: undefined, ...message.native, protocol: ID, rest: {} } as const
  const take = createTaker(message.parts)
  const split = contents.map((pieces): Message => {
    const parts = (Array.isArray(pieces) ? pieces : []).flatMap((piece) => take.next(Number(piece)) ?? [])
    return { role: 'assistant', parts, native }
  })
  return take.isExact() ? split : [{ ...message, native }]
}

/** Stands for a part that is no plain text; other pieces are lengths of text. */
const WHOLE = -1

function joined(run: readonly Message[]): Message {
  const parts: Part[] = []
  const contents = run.map((message) =>
    message.parts.map((part) => {
      const last = parts.at(-1)
      if (!isText(part)) return parts.push(part) && WHOLE
      if (last && isText(last)) parts[parts.length - 1] = { type: 'text', text: last.text + part.text }
      else parts.push(part)
      return part.text.length
    }),
  )
  return { role: 'assistant', parts, native: { protocol: ID, rest: {}, form: { contents } } }
}

interface Taker {
  /** What a piece stands for; `undefined` where the parts do not hold it. */
  next(piece: number): Part | undefined
  /** Whether all that the parts hold was taken, and nothing that they do not. */
  isExact(): boolean
}

function createTaker(parts: readonly Part[]): Taker {
  let index = 0
  let at: number | undefined
  let failed = false
  const fail = (): undefined => {
    failed = true
    return undefined
  }
  /** Leaves the text that was being taken, which must be at its end. */
  const leave = (): void => {
    const part = parts[index]
    if (at === undefined || !part) return
    if (!isText(part) || part.text.length !== at) failed = true
    index++
    at = undefined
  }
  return {
    next(piece) {
      if (piece === WHOLE) leave()
      const part = parts[index]
      if (!part || isText(part) === (piece === WHOLE)) return fail()
      if (!isText(part)) return parts[index++]
      const start = at ?? 0
      at = start + piece
      return at > part.text.length ? fail() : { type: 'text', text: part.text.slice(start, at) }
    },
    isExact() {
      leave()
      return !failed && index === parts.length
    },
  }
}

function isText(part: Part): part is TextPart {
  return part.type === 'text' && part.native === undefined && part.cache === undefined
}

function isUnmarked(message: Message): boolean {
  const { native } = message
  return isOurs(message) && native?.form === undefined && Object.keys(native?.rest ?? {}).length === 0
}
