import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Message, ModelRequest } from '../../canonical/request.ts'
import { encodePart, encodeResult, textOfResult } from './encode-parts.ts'
import type { Encoding } from './encoding.ts'
import { isGemini3 } from './model.ts'
import { splitTurn } from './model-turns.ts'
import { isOurs, spelling, withRest } from './residue.ts'
import { NO_SIGNATURE } from './signature.ts'

/** The conversation as Gemini's `contents`. */
export function encodeContents(request: ModelRequest, encoding: Encoding): JsonObject[] {
  if (encoding.ours) return encodeOwnContents(request.messages, encoding)
  return sign(withUserFirst(settle(request.messages, encoding)), encoding)
}

/** Whether a model of Gemini 3 would refuse a turn of a client: one that another model answered has no signature. */
export function isUnfit(request: ModelRequest, model: string): boolean {
  return isGemini3(model) && request.messages.some(isUnsigned)
}

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: JsonObject[]
  /** Results of tools stand alone: some hosts count all parts of their content against the calls. */
  readonly results?: true
}

function encodeOwnContents(messages: readonly Message[], encoding: Encoding): JsonObject[] {
  const contents: JsonObject[] = []
  for (const message of messages) {
    const own = splitTurn(message).map((content, index) =>
      encodeOwnMessage(content, `contents[${contents.length + index}]`, encoding),
    )
    const first = isGemini3(encoding.target.model) && message.role === 'assistant' ? firstCallIn(own) : undefined
    if (first && first.thoughtSignature === undefined) first.thoughtSignature = NO_SIGNATURE
    contents.push(...own)
  }
  return contents
}

function firstCallIn(contents: readonly JsonObject[]): JsonObject | undefined {
  const parts = contents.flatMap(({ parts: each }) => (Array.isArray(each) ? each.filter(isObject) : []))
  return parts.find((part) => part.functionCall !== undefined)
}

function isUnsigned({ role, parts }: Message): boolean {
  const first = role === 'assistant' ? parts.find((part) => part.type === 'tool-call') : undefined
  return first !== undefined && first.signature === undefined && spelling(first.native, 'noSignature') === undefined
}

function encodeOwnMessage(message: Message, path: string, encoding: Encoding): JsonObject {
  const parts = message.parts.flatMap((part, index) => encodePart(part, `${path}.parts[${index}]`, encoding))
  const role = spelling(message.native, 'role') ?? (message.role === 'assistant' ? 'model' : 'user')
  const own: JsonObject = { ...(role !== 'absent' && { role }), parts }
  return isOurs(message) ? withRest(own, message.native) : own
}

/** Turns in the order that Gemini demands: calls are answered by the very next content, all of them and no others. */
function settle(messages: readonly Message[], encoding: Encoding): Content[] {
  const contents: Content[] = []
  let run: Message[] = []
  const answerCalls = (): void => {
    const parts = run.flatMap((message) => answersOf(message, encoding))
    const results = parts.filter((part) => part.functionResponse !== undefined)
    if (results.length > 0) contents.push({ role: 'user', parts: results, results: true })
    append(
      contents,
      'user',
      parts.filter((part) => part.functionResponse === undefined),
    )
    run = []
  }
  messages.forEach((message, index) => {
    const path = `messages[${index}]`
    encoding.dropResidue(message.native, path)
    if (message.role === 'assistant') {
      append(contents, 'model', encodeParts(message, path, encoding))
      run.push(message)
      return
    }
    answerCalls()
    append(
      contents,
      'user',
      message.role === 'system' ? encodeSystemTurn(message, path, encoding) : encodeUserTurn(message, path, encoding),
    )
  })
  answerCalls()
  return contents
}

function append(contents: Content[], role: Content['role'], parts: readonly JsonObject[]): void {
  if (parts.length === 0) return
  const last = contents.at(-1)
  if (last?.role === role && !last.results) last.parts.push(...parts)
  else contents.push({ role, parts: [...parts] })
}

function encodeParts(message: Message, path: string, encoding: Encoding): JsonObject[] {
  return message.parts.flatMap((part, index) => encodePart(part, `${path}.content[${index}]`, encoding))
}

/** Everything but the results, which stand behind their calls already; a result without a call is told as text. */
function encodeUserTurn(message: Message, path: string, encoding: Encoding): JsonObject[] {
  return message.parts.flatMap((part, index) => {
    const place = `${path}.content[${index}]`
    if (part.type !== 'tool-result') return encodePart(part, place, encoding)
    if (encoding.pairs.pairOf(part)) return []
    const media = part.content.filter((piece) => piece.type === 'media')
    return [
      { text: `[Result of an earlier tool call (${part.id})]\n${textOfResult(part)}` },
      ...media.flatMap((piece) => encodePart(piece, place, encoding)),
    ]
  })
}

// `systemInstruction` stands before the conversation: there it would lose its place and change the cached prefix.
function encodeSystemTurn(message: Message, path: string, encoding: Encoding): JsonObject[] {
  const parts = encodeParts(message, path, encoding)
  return parts.map((part) => (typeof part.text === 'string' ? { text: `<system>\n${part.text}\n</system>` } : part))
}

function answersOf(message: Message, encoding: Encoding): JsonObject[] {
  return encoding.pairs.resultsOf(message).flatMap(({ call, result, resultPath: path }) => {
    if (!result) {
      const response = { error: 'No result was recorded for this call.' }
      return [{ functionResponse: { id: call.id, name: encoding.names.of(call.name), response } }]
    }
    if (result.cache) encoding.drop(`${path}.cache_control`, 'Gemini caches prompts by itself')
    return encodeResult(result, path, encoding)
  })
}

/** Gemini refuses a conversation that begins with a call. */
function withUserFirst(contents: Content[]): Content[] {
  const first = contents[0]
  const calls = first?.role === 'model' && first.parts.some((part) => part.functionCall !== undefined)
  return calls ? [{ role: 'user', parts: [{ text: '(earlier messages are left out)' }] }, ...contents] : contents
}

/**
 * Gemini 3 refuses a turn whose first call carries no signature.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function sign(contents: readonly Content[], { target }: Encoding): JsonObject[] {
  const demanded = isGemini3(target.model)
  return contents.map(({ role, parts }) => {
    const first = demanded && role === 'model' ? parts.findIndex((part) => part.functionCall !== undefined) : -1
    return {
      role,
      parts: parts.map((part, index) => (index === first ? { thoughtSignature: NO_SIGNATURE, ...part } : part)),
    }
  })
}
