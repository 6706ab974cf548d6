import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import type { WireRequest } from '../../src/protocol/protocol.ts'

/** A request that somebody really sent. */
export interface RecordedRequest {
  readonly name: string
  readonly protocol: ProtocolId
  readonly wire: WireRequest
}

const root = join(import.meta.dir, '../../../shared')

/** Whether the collection of recordings lies beside the repository. */
export const hasRecordings = existsSync(join(root, 'conformance/data'))

/** Every request of the recordings. */
export function recordedRequests(): RecordedRequest[] {
  const folder = join(root, 'conformance/data')
  return filesIn(folder, '.jsonl.gz').flatMap((file) =>
    gunzipSync(readFileSync(join(folder, file)))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => requestOf(parseJson(line) as JsonObject)),
  )
}

/** Every request to a model that Claude Code and Codex were seen to send. */
export function capturedRequests(): RecordedRequest[] {
  return [
    ...capturedBy('claude-code', 'anthropic-messages', '/messages'),
    ...capturedBy('codex', 'openai-responses', '/responses'),
  ]
}

function capturedBy(agent: string, protocol: ProtocolId, path: string): RecordedRequest[] {
  const folder = join(root, 'clients/captures', agent)
  return filesIn(folder, '.json').flatMap((file) => {
    const captured = parseJson(readFileSync(join(folder, file), 'utf8')) as { path: string; body?: JsonObject }
    if (captured.path !== `/v1${path}` || !captured.body) return []
    return [{ name: `${agent}/${file}`, protocol, wire: { path, query: '', headers: {}, body: captured.body } }]
  })
}

function requestOf(row: JsonObject): RecordedRequest[] {
  const { request, id, protocol, kind } = row as {
    request?: { path: string; body: JsonObject }
    [key: string]: unknown
  }
  if (!request?.body) return []
  const path = request.path.replace(/^.*(?=\/(?:messages|chat\/completions|responses|models\/)\b)/, '')
  const wire = { path, query: '', headers: {}, body: request.body }
  return [{ name: `${String(id)} (${String(kind)})`, protocol: protocol as ProtocolId, wire }]
}

function filesIn(folder: string, ending: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(ending)) : []
}
