import { field } from '../helper/turn-parts.ts'
import { modelIn } from '../helper/turn-bedrock.ts'
import type { Received } from '../helper/upstream.ts'

/** What a model sees of a request, whatever protocol carried it. */
export interface Conversation {
  readonly model: string
  /** The tools on offer, name → JSON Schema of the input. */
  readonly tools: ReadonlyMap<string, unknown>
  readonly messages: readonly SeenMessage[]
}

export interface SeenMessage {
  /** A tool's result is a message of its own here, as a model reads them one after the other. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  /** Names of the tools that the assistant called. */
  readonly calls: readonly string[]
  readonly images: readonly SeenMedia[]
  readonly documents: readonly SeenMedia[]
  /** The assistant's reasoning, if it came back. */
  readonly reasoning: string
}

/** A file that came as a file, and not as text. */
export interface SeenMedia {
  readonly mediaType: string
  readonly base64: string
}

/** Reads the request's body in the protocol of its path. */
export function conversationOf(request: Received): Conversation {
  const read = READERS.find(([path]) => path.test(request.path))?.[1]
  if (!read) throw new Error(`no protocol is known at ${request.path}`)
  return read(request)
}

const READERS: readonly (readonly [RegExp, (request: Received) => Conversation])[] = [
  [/\/messages$/, ({ body }) => readAnthropic(body)],
  [/\/chat\/completions$/, ({ body }) => readChat(body)],
  [/\/responses$/, ({ body }) => readResponses(body)],
  [/:(streamG|g)enerateContent$/, ({ body, path }) => readGemini(body, path)],
  [/\/converse(-stream)?$/, ({ body, path }) => readConverse(body, path)],
  [/\/invoke(-with-response-stream)?$/, ({ body, path }) => ({ ...readAnthropic(body), model: modelIn(path) })],
]

function readAnthropic(body: unknown): Conversation {
  return {
    model: String(field(body, 'model')),
    tools: new Map(list(field(body, 'tools')).map((tool) => [textAt(tool, 'name'), field(tool, 'input_schema')])),
    messages: [
      message('system', partsOf(field(body, 'system'))),
      ...list(field(body, 'messages')).flatMap((wire) => {
        const parts = partsOf(field(wire, 'content'))
        const results = parts.filter((part) => field(part, 'type') === 'tool_result')
        const others = parts.filter((part) => field(part, 'type') !== 'tool_result')
        return [
          ...results.map((result) => message('tool', partsOf(field(result, 'content')))),
          ...(others.length ? [message(roleOf(wire), others)] : []),
        ]
      }),
    ],
  }
}

function readChat(body: unknown): Conversation {
  const functions = list(field(body, 'tools')).map((tool) => field(tool, 'function'))
  return {
    model: String(field(body, 'model')),
    tools: new Map(functions.map((tool) => [textAt(tool, 'name'), field(tool, 'parameters')])),
    messages: list(field(body, 'messages')).map((wire) => ({
      ...message(roleOf(wire), partsOf(field(wire, 'content'))),
      calls: list(field(wire, 'tool_calls')).map((call) => textAt(field(call, 'function'), 'name')),
      reasoning: textAt(wire, 'reasoning_content') || textAt(wire, 'reasoning'),
    })),
  }
}

function readResponses(body: unknown): Conversation {
  const tools = list(field(body, 'tools')).flatMap((tool) =>
    field(tool, 'type') === 'namespace' ? list(field(tool, 'tools')) : [tool],
  )
  return {
    model: String(field(body, 'model')),
    tools: new Map(tools.map((tool) => [textAt(tool, 'name') || textAt(tool, 'type'), field(tool, 'parameters')])),
    messages: [message('system', partsOf(field(body, 'instructions'))), ...list(field(body, 'input')).map(itemOf)],
  }
}

function itemOf(item: unknown): SeenMessage {
  const type = textAt(item, 'type')
  if (type.endsWith('_output')) return message('tool', partsOf(field(item, 'output')))
  if (type.endsWith('_call')) return { ...message('assistant', []), calls: [textAt(item, 'name')] }
  if (type === 'reasoning') {
    const summary = list(field(item, 'summary')).map((part) => textAt(part, 'text'))
    return { ...message('assistant', []), reasoning: summary.join('') }
  }
  return message(type === 'message' || type === '' ? roleOf(item) : 'user', partsOf(field(item, 'content')))
}

function readGemini(body: unknown, path: string): Conversation {
  const declared = list(field(body, 'tools')).flatMap((tool) => list(field(tool, 'functionDeclarations')))
  const system = list(field(field(body, 'systemInstruction'), 'parts'))
  return {
    model: /models\/([^:]+):/.exec(path)?.[1] ?? '',
    tools: new Map(
      declared.map((tool) => [textAt(tool, 'name'), field(tool, 'parametersJsonSchema') ?? field(tool, 'parameters')]),
    ),
    messages: [
      message('system', system),
      ...list(field(body, 'contents')).flatMap((wire) => {
        const parts = list(field(wire, 'parts'))
        const results = parts.filter((part) => field(part, 'functionResponse'))
        const others = parts.filter((part) => !field(part, 'functionResponse'))
        return [
          ...results.map((result) => geminiResult(field(result, 'functionResponse'))),
          ...(others.length ? [message(roleOf(wire), others)] : []),
        ]
      }),
    ],
  }
}

function geminiResult(response: unknown): SeenMessage {
  const seen = message('tool', list(field(response, 'parts')))
  const said = field(response, 'response')
  return { ...seen, text: (textAt(said, 'output') || textAt(said, 'error') || JSON.stringify(said)) + seen.text }
}

function readConverse(body: unknown, path: string): Conversation {
  const specs = list(field(field(body, 'toolConfig'), 'tools')).flatMap((tool) => field(tool, 'toolSpec') ?? [])
  return {
    model: modelIn(path),
    tools: new Map(specs.map((tool) => [textAt(tool, 'name'), field(field(tool, 'inputSchema'), 'json')])),
    messages: [
      message('system', list(field(body, 'system'))),
      ...list(field(body, 'messages')).flatMap((wire) => {
        const parts = list(field(wire, 'content'))
        const results = parts.filter((part) => field(part, 'toolResult'))
        const others = parts.filter((part) => !field(part, 'toolResult') && !field(part, 'cachePoint'))
        return [
          ...results.map((result) => message('tool', list(field(field(result, 'toolResult'), 'content')))),
          ...(others.length ? [message(roleOf(wire), others)] : []),
        ]
      }),
    ],
  }
}

const ROLES: Readonly<Record<string, SeenMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  model: 'assistant',
  tool: 'tool',
}

function roleOf(wire: unknown): SeenMessage['role'] {
  const role = ROLES[textAt(wire, 'role')]
  if (!role) throw new Error(`a message has the role ${JSON.stringify(field(wire, 'role'))}`)
  return role
}

function message(role: SeenMessage['role'], parts: readonly unknown[]): SeenMessage {
  const reasoning = parts.filter((part) => field(part, 'thought') === true)
  const media = parts.flatMap((part) => mediaOf(part))
  return {
    role,
    text: parts
      .filter((part) => !reasoning.includes(part))
      .map((part) => textAt(part, 'text'))
      .join('\n'),
    calls: parts.flatMap((part) => calledName(part)),
    images: media.filter(isImage),
    documents: media.filter((file) => !isImage(file)),
    reasoning: [
      ...parts.map((part) => textAt(part, 'thinking')),
      ...parts.map((part) => textAt(field(field(part, 'reasoningContent'), 'reasoningText'), 'text')),
      ...reasoning.map((part) => textAt(part, 'text')),
    ].join(''),
  }
}

function calledName(part: unknown): string[] {
  if (field(part, 'type') === 'tool_use') return [textAt(part, 'name')]
  const called = field(part, 'functionCall') ?? field(part, 'toolUse')
  return called ? [textAt(called, 'name')] : []
}

function isImage({ mediaType }: SeenMedia): boolean {
  return mediaType.startsWith('image/')
}

function mediaOf(part: unknown): SeenMedia[] {
  const type = textAt(part, 'type')
  const source = field(part, 'source')
  if (type === 'image' || type === 'document')
    return [{ mediaType: textAt(source, 'media_type'), base64: textAt(source, 'data') }]
  const inline = field(part, 'inlineData')
  if (inline) return [{ mediaType: textAt(inline, 'mimeType'), base64: textAt(inline, 'data') }]
  const file = field(part, 'image') ?? field(part, 'document')
  if (file) {
    const kind = field(part, 'image') ? 'image' : 'application'
    return [{ mediaType: `${kind}/${textAt(file, 'format')}`, base64: textAt(field(file, 'source'), 'bytes') }]
  }
  const url =
    textAt(field(part, 'image_url'), 'url') ||
    textAt(part, 'image_url') ||
    textAt(field(part, 'file') ?? part, 'file_data')
  const [, mediaType = '', base64 = ''] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
  return base64 ? [{ mediaType, base64 }] : []
}

function partsOf(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textAt(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
