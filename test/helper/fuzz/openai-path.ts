import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Fields = Readonly<Record<string, unknown>>

/** The requests of a protocol's fixtures. */
export function fixtureRequests(protocol: string, scenarios: readonly string[]): Fields[] {
  const folder = join(import.meta.dir, '../../fixture', protocol)
  return scenarios.map((name) => JSON.parse(readFileSync(join(folder, name, 'request.json'), 'utf8')) as Fields)
}

/** What of an answer an OpenAI client could not take: a stream without its end, an error without its shape. */
export function openaiFaults(response: Response, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  if (response.headers.get('content-type')?.includes('event-stream')) {
    return ENDS.some((end) => text.includes(end)) ? [] : [`ends without an end: ${text.slice(-200)}`]
  }
  const body = JSON.parse(text) as Fields
  if (response.ok) return WHOLE.has(String(body.object)) ? [] : [`no reply: ${text.slice(0, 200)}`]
  const error = body.error as Fields | undefined
  if (response.status === 500) return [`our own failure: ${text.slice(0, 200)}`]
  return typeof error?.message === 'string' && typeof error.type === 'string' ? [] : [`no error: ${text.slice(0, 200)}`]
}

const ENDS = [
  'data: [DONE]',
  'event: response.completed',
  'event: response.incomplete',
  'event: response.failed',
  '"error"',
]
const WHOLE = new Set(['list', 'chat.completion', 'response', 'response.compaction', 'response.input_tokens'])
