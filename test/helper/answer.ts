/** What the scripted upstream answers: a plain value, so that a test can bend one answer into a broken one. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** `whole`: with a content-length. `chunked`: as it comes, which is how a stream travels. `raw`: pieces are the response itself. */
  readonly framing: 'whole' | 'chunked' | 'raw'
  readonly pieces: readonly Piece[]
}

/** One step of an answer's body. Each text or byte piece leaves in its own write, HTTP chunk and turn of the event loop. */
export type Piece =
  | string
  | Uint8Array
  /** Wait until the promise settles: how a test holds a stream at an exact point. */
  | { readonly until: Promise<unknown> }
  | { readonly pauseMs: number }
  /** `cut`: close the connection in mid-body. `reset`: the same by TCP reset. `end`: a clean end of the body here. */
  | { readonly stop: 'cut' | 'reset' | 'end' }

/** A JSON answer; also how errors are told: `json(body, 429, { 'retry-after': '1' })`. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    framing: 'whole',
    pieces: [JSON.stringify(body)],
  }
}

/** A server-sent-event answer; each frame is one piece. */
export function stream(frames: readonly Piece[], headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
    framing: 'chunked',
    pieces: frames,
  }
}

/** Exact bytes on the wire, status line included; the connection closes after them. */
export function raw(...pieces: readonly Piece[]): Answer {
  return { status: 0, headers: {}, framing: 'raw', pieces }
}

/** Accepts the request and never sends a byte. */
export function silence(): Answer {
  return raw({ until: new Promise(() => {}) })
}

/** Closes the connection without a byte of an answer. */
export function hangUp(how: 'cut' | 'reset' = 'cut'): Answer {
  return raw({ stop: how })
}

/** The answer with `extra` put in after its first `count` pieces (negative: counted from the end). */
export function insertAfter(answer: Answer, count: number, ...extra: readonly Piece[]): Answer {
  const head = answer.pieces.slice(0, count)
  return { ...answer, pieces: [...head, ...extra, ...answer.pieces.slice(head.length)] }
}

/** The answer broken off after its first `count` pieces (negative: counted from the end). */
export function stopAfter(answer: Answer, count: number, how: 'cut' | 'reset' | 'end' = 'cut'): Answer {
  const broken = { ...answer, pieces: [...answer.pieces.slice(0, count), { stop: how } as const] }
  if (answer.framing !== 'whole') return broken
  return { ...broken, headers: { ...answer.headers, 'content-length': String(lengthOf(answer)) } }
}

/** The bytes of the answer's body if nothing stops it. */
export function lengthOf(answer: Answer): number {
  return answer.pieces.reduce((sum, piece) => sum + (isBytes(piece) ? toBytes(piece).length : 0), 0)
}

/** The answer with a pause before each text piece: a model that thinks at `pauseMs` a token. */
export function paced(answer: Answer, pauseMs: number): Answer {
  return {
    ...answer,
    pieces: answer.pieces.flatMap((piece): Piece[] => (isBytes(piece) ? [{ pauseMs }, piece] : [piece])),
  }
}

/**
 * The answer with other cuts between its chunks; the bytes stay the same. `size` is the length of the next chunk: a
 * number, or a function for random cuts. Pauses and stops keep their place.
 */
export function split(answer: Answer, size: number | (() => number)): Answer {
  const pieces: Piece[] = []
  let held: Uint8Array[] = []
  const release = () => {
    pieces.push(...chunksOf(joined(held), size))
    held = []
  }
  for (const piece of answer.pieces) {
    if (isBytes(piece)) {
      held.push(toBytes(piece))
      continue
    }
    release()
    pieces.push(piece)
  }
  release()
  return { ...answer, pieces }
}

/** The bytes of a text or byte piece. */
export function toBytes(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? new TextEncoder().encode(piece) : piece
}

/** Whether the piece is sent, rather than waited for. */
export function isBytes(piece: Piece): piece is string | Uint8Array {
  return typeof piece === 'string' || piece instanceof Uint8Array
}

function chunksOf(bytes: Uint8Array, size: number | (() => number)): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(1, typeof size === 'number' ? size : size())
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
