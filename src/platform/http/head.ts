import { httpError } from './error.ts'

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** How the end of the body is told. */
  readonly framing: 'length' | 'chunks' | 'close'
  /** Bytes of the body, where `framing` is `length`; else 0. */
  readonly length: number
  /** Whether the connection outlives the answer. */
  readonly isPersistent: boolean
  /** How long the server keeps the connection, in milliseconds, if it says so. */
  readonly keptMs: number | undefined
}

/** Reads a head, whole with the line that ends it. Throws where it is none. RFC 9112. */
export function parseHead(text: string): AnswerHead {
  const lines = text.split('\n')
  const [, version, code] = STATUS_LINE.exec(lines[0] as string) ?? []
  if (code === undefined) throw httpError('the server does not speak HTTP/1', 'NotHttp')
  const status = Number(code)
  if (status === 101 || status > 599)
    throw httpError(`the server answered with the status ${status}, which was not asked for`)
  const headers = readFields(lines)
  const connection = headers.get('connection')?.toLowerCase() ?? ''
  const isPersistent = version === '1' ? !connection.includes('close') : connection.includes('keep-alive')
  const kept = /(?:^|[\s,])timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]
  return {
    status,
    headers,
    ...framingOf(status, headers),
    isPersistent: isPersistent && !(headers.has('transfer-encoding') && headers.has('content-length')),
    keptMs: kept === undefined ? undefined : Number(kept) * 1000,
  }
}

const STATUS_LINE = /^HTTP\/1\.(\d) (\d{3})(?!\d)/

function readFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>()
  let name = ''
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string
    if (line === '' || line === '\r') continue
    const colon = line.indexOf(':')
    const isFolded = line.startsWith(' ') || line.startsWith('\t')
    if (!isFolded && colon < 1) throw httpError('a header line of the answer has no name')
    if (!isFolded) name = line.slice(0, colon).toLowerCase()
    const value = (isFolded ? line : line.slice(colon + 1)).trim()
    const before = fields.get(name)
    fields.set(name, before === undefined ? value : `${before}${isFolded ? ' ' : ', '}${value}`)
  }
  return fields
}

function framingOf(status: number, headers: ReadonlyMap<string, string>): Pick<AnswerHead, 'framing' | 'length'> {
  if (BARE.has(status)) return { framing: 'length', length: 0 }
  const coding = headers.get('transfer-encoding')
  if (coding !== undefined) return { framing: /chunked$/i.test(coding) ? 'chunks' : 'close', length: 0 }
  const length = headers.get('content-length')
  if (length === undefined) return { framing: 'close', length: 0 }
  // Told twice, it must be told alike.
  if (!/^(\d{1,15})(?:\s*,\s*\1)*$/.test(length))
    throw httpError(`the server gives its answer the length ${length.slice(0, 40)}`)
  return { framing: 'length', length: Number.parseInt(length, 10) }
}

/** Statuses without a body, whatever the headers say. */
const BARE: ReadonlySet<number> = new Set([100, 102, 103, 204, 304])
