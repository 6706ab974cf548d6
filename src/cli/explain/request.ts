import type { JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import type { ProtocolId } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import { didYouMean } from '../../config/suggest.ts'
import type { Caller } from '../../gateway/chooser.ts'
import { withoutKeys } from '../../gateway/credential.ts'
import { operationOf } from '../../gateway/paths.ts'
import { codecOf } from '../../protocol/index.ts'
import { parseBody } from '../../gateway/upstream.ts'
import { readText } from '../../config/read-text.ts'
import { Failure } from '../failure.ts'

/** A request and who makes it. */
export interface Asked {
  readonly request: ModelRequest
  readonly caller: Caller
}

/** A request that says nothing. */
export const emptyRequest: Asked = {
  request: {
    model: '',
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
    tools: [],
    stream: true,
  },
  caller: { headers: {} },
}

/**
 * The request of a file, or of the input for `-`: a body as a client sends it, or an object with that as `body` and with
 * `headers` and `path` beside it. `named`: its protocol; else that is told by the path, or by what it looks like.
 */
export async function readRequest(file: string, named: string | undefined): Promise<Asked> {
  const whole = parseBody(await textOf(file))
  const saved = isObject(whole['body']) ? whole : undefined
  const body = isObject(whole['body']) ? whole['body'] : whole
  const url = new URL(typeof saved?.['path'] === 'string' ? saved['path'] : '', 'http://localhost/')
  const operation = operationOf(url.pathname)
  const byPath = operation && 'protocol' in operation && 'path' in operation ? operation : undefined
  const protocol = named === undefined ? (byPath?.protocol ?? looksLike(body)) : protocolNamed(named)
  const headers = headersOf(saved?.['headers'])
  const path = byPath?.path ?? pathFor(protocol, body)
  const request = codecOf(protocol).decodeRequest({ path, query: url.search.slice(1), headers, body })
  return { request, caller: { headers } }
}

async function textOf(file: string): Promise<string> {
  if (file === '-') return Bun.stdin.text()
  try {
    // PowerShell puts a mark before what it writes.
    return readText(file).replace(/^\ufeff/, '')
  } catch (error) {
    throw new Failure(`ccr explain: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
}

const PROTOCOL_NAMES: Readonly<Record<string, ProtocolId>> = {
  anthropic: 'anthropic-messages',
  messages: 'anthropic-messages',
  chat: 'openai-chat',
  openai: 'openai-chat',
  responses: 'openai-responses',
  gemini: 'gemini',
}

function protocolNamed(name: string): ProtocolId {
  const ids = Object.values(PROTOCOL_NAMES)
  const id = Object.hasOwn(PROTOCOL_NAMES, name) ? PROTOCOL_NAMES[name] : ids.find((known) => known === name)
  if (id) return id
  const near = didYouMean(name, Object.keys(PROTOCOL_NAMES))
  throw new Failure(
    `ccr explain: there is no protocol \`${name}\`; ${near ?? 'there are anthropic, chat, responses and gemini'}`,
  )
}

function looksLike(body: JsonObject): ProtocolId {
  if (body['contents'] !== undefined) return 'gemini'
  if (body['input'] !== undefined || body['instructions'] !== undefined) return 'openai-responses'
  return isChat(body) ? 'openai-chat' : 'anthropic-messages'
}

const CHAT_KEYS = [
  'max_completion_tokens',
  'stream_options',
  'reasoning_effort',
  'response_format',
  'n',
  'parallel_tool_calls',
]

/** What both of them may say proves nothing; Anthropic's `system` and blocks of a type are what Chat never has. */
function isChat(body: JsonObject): boolean {
  if (CHAT_KEYS.some((key) => body[key] !== undefined)) return true
  if (body['system'] !== undefined || body['thinking'] !== undefined) return false
  const { tools, messages } = body
  if (Array.isArray(tools) && tools.some((tool) => isObject(tool) && isObject(tool['function']))) return true
  return (
    Array.isArray(messages) &&
    messages.some(
      (message) =>
        isObject(message) &&
        (['developer', 'tool'].includes(String(message['role'])) ||
          message['tool_calls'] !== undefined ||
          (message === messages[0] && message['role'] === 'system')),
    )
  )
}

/** Gemini's paths hold the model. */
function pathFor(protocol: ProtocolId, body: JsonObject): string {
  const model = typeof body['model'] === 'string' ? body['model'] : 'unknown'
  return protocol === 'gemini' ? `/models/${encodeURIComponent(model)}:generateContent` : ''
}

function headersOf(value: unknown): Record<string, string> {
  const entries = isObject(value) ? Object.entries(value) : []
  return withoutKeys(Object.fromEntries(entries.map(([name, text]) => [name.toLowerCase(), String(text)])))
}
