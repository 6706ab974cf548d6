import type { Frame, Glance, Step } from '../protocol.ts'

/**
 * Bytes → server-sent events, as the HTML standard reads them: any line end, comments, several data lines, a byte
 * order mark; pieces may end anywhere, also inside a character. `id` and `retry` are of no use here and ignored. What
 * `glance` reads is not taken apart.
 */
export function decodeSse(glance?: Glance): Step<Uint8Array, Frame> {
  const decoder = new TextDecoder()
  let rest = ''
  let event: string | undefined
  let data: string | undefined

  const readLine = (text: string, start: number, end: number, out: Frame[]): void => {
    if (start === end) {
      if (data !== undefined) out.push(event === undefined ? { data } : { event, data })
      event = data = undefined
      return
    }
    // The two spellings that nearly every line has, first.
    if (text.startsWith('data: ', start)) addData(text.slice(start + 6, end))
    else if (text.startsWith('event: ', start)) event = text.slice(start + 7, end)
    else {
      const line = text.slice(start, end)
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
      if (field === 'data') addData(value)
      else if (field === 'event') event = value
    }
  }

  const addData = (value: string): void => {
    data = data === undefined ? value : `${data}\n${value}`
  }

  const readText = (text: string, out: Frame[]): void => {
    let pending = rest + text
    let held = ''
    if (pending.includes('\r')) {
      // A carriage return at the very end may be half of a line end.
      if (pending.endsWith('\r')) {
        held = '\r'
        pending = pending.slice(0, -1)
      }
      pending = pending.replace(/\r\n?/g, '\n')
    }
    const isBetween = data === undefined && event === undefined
    let start = glance && isBetween ? glance(pending, 0, out) : 0
    for (let end = pending.indexOf('\n', start); end >= 0; end = pending.indexOf('\n', start)) {
      // Most events are one line of data alone.
      const isAlone = data === undefined && event === undefined && pending.charCodeAt(end + 1) === LF
      if (isAlone && pending.startsWith('data: ', start)) {
        out.push({ data: pending.slice(start + 6, end) })
        start = glance ? glance(pending, end + 2, out) : end + 2
      } else {
        readLine(pending, start, end, out)
        start = end + 1
      }
    }
    rest = pending.slice(start) + held
  }

  return {
    push(bytes) {
      const out: Frame[] = []
      readText(decoder.decode(bytes, { stream: true }), out)
      return out
    },
    end() {
      const out: Frame[] = []
      readText(decoder.decode(), out)
      // Some providers leave out the last empty line. A whole last event counts; half of one does not.
      if (rest) readLine(rest, 0, rest.endsWith('\r') ? rest.length - 1 : rest.length, out)
      if (data !== undefined && isWhole(data)) readLine('', 0, 0, out)
      rest = ''
      event = data = undefined
      return out
    },
  }
}

/** One server-sent event as text. */
export function encodeSse(frame: Frame): string {
  return encodeLine(frame.data.includes('\n') ? { ...frame, data: frame.data.replaceAll('\n', '\ndata: ') } : frame)
}

/** The same of a frame whose data is surely one line, as JSON is that we write ourselves: spares a look at all of it. */
export function encodeLine({ event, data }: Frame): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
}

/** Bytes → the same bytes, cut so that each piece ends between two events; `end` gives what is left of half an event. */
export function wholeEvents(): Step<Uint8Array, Uint8Array> {
  let rest: Uint8Array | undefined
  return {
    push(bytes) {
      const all = rest ? join(rest, bytes) : bytes
      const end = endOfEvents(all)
      rest = end === all.length ? undefined : all.subarray(end)
      if (end === 0) return []
      return [rest ? all.subarray(0, end) : all]
    },
    end() {
      return rest ? [rest] : []
    },
  }
}

const LF = 10
const CR = 13

/** Where the last whole event of `bytes` ends: behind the last empty line; 0 if there is none. */
export function endOfEvents(bytes: Uint8Array): number {
  for (let index = bytes.length - 1; index > 0; index--) {
    if (bytes[index] !== LF) continue
    const before = bytes[index - 1] === CR ? bytes[index - 2] : bytes[index - 1]
    if (before === LF) return index + 1
  }
  return 0
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

function isWhole(data: string): boolean {
  if (data.trim() === '[DONE]') return true
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
