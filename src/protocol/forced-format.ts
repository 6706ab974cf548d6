import type { ModelEvent } from '../canonical/event.ts'
import { isObject, type JsonObject } from '../canonical/json.ts'
import type { ModelReply } from '../canonical/reply.ts'
import type { FunctionTool, ModelRequest, OutputFormat } from '../canonical/request.ts'
import { createAnswerReader, readAnswer, type AnswerTool } from './forced-answer.ts'
import type { Dropped, FormatGap, Step } from './protocol.ts'

/** A request whose answer is bound to its format in another way than by a field of the provider's protocol. */
export interface ForcedFormat {
  readonly request: ModelRequest
  readonly dropped: readonly Dropped[]
  /** Absent: the answer is text already. */
  readonly answer?: {
    /** A fresh reader of the answer's events: the call of the tool becomes the text that was asked for. */
    events(): Step<ModelEvent, ModelEvent>
    reply(reply: ModelReply): ModelReply
  }
}

/**
 * Asks for a format that the provider has no field for by a tool whose arguments are the answer, and, where no tool can
 * be forced either, in words. A turn in which the client itself forces a tool has no text to be bound.
 */
export function forceFormat(request: ModelRequest, gap: FormatGap | undefined): ForcedFormat {
  const { outputFormat: format, ...plain } = request
  if (!format || !gap) return { request, dropped: [] }
  const forced = request.toolChoice?.type
  if (forced === 'required' || forced === 'tool')
    return { request: plain, dropped: [{ path: PATH, why: 'the turn is a tool call, which has no text to be bound' }] }
  return gap.forcesTools ? byTool(plain, format) : byWords(plain, format, gap)
}

const PATH = 'output_config.format'
const ANY_OBJECT: JsonObject = { type: 'object', properties: {}, additionalProperties: true }

function byTool(request: ModelRequest, format: OutputFormat): ForcedFormat {
  const wished = format.type === 'json' ? ANY_OBJECT : format.schema
  const isWrapped = !isRecord(wished)
  const tool: FunctionTool = {
    type: 'function',
    name: freeName(request),
    description: DESCRIPTION,
    schema: isWrapped ? wrapped(wished) : wished,
    ...(format.type === 'json-schema' && format.strict !== undefined && { strict: format.strict }),
  }
  // Tools of the client may still be called first; where it has none, or forbids them, there is but this one.
  const isAlone = request.tools.length === 0 || request.toolChoice?.type === 'none'
  const read: AnswerTool = { name: tool.name, isWrapped }
  return {
    request: {
      ...request,
      tools: [...request.tools, tool],
      toolChoice: isAlone ? { type: 'tool', name: tool.name } : { type: 'required', ...withTool(request, tool) },
    },
    dropped: [],
    answer: { events: () => createAnswerReader(read), reply: (reply) => readAnswer(reply, read) },
  }
}

/** Where the client allows only some of its tools, this one as well. */
function withTool({ toolChoice }: ModelRequest, { name }: FunctionTool): { allowed?: readonly string[] } {
  return toolChoice?.type === 'auto' && toolChoice.allowed ? { allowed: [...toolChoice.allowed, name] } : {}
}

const DESCRIPTION =
  'Gives the final answer. Its arguments are the whole answer, as JSON in the form that was asked for; nothing is said beside them.'

function byWords(request: ModelRequest, format: OutputFormat, gap: FormatGap): ForcedFormat {
  const text =
    format.type === 'json'
      ? 'Answer with one JSON object and nothing else: no Markdown, no words around it.'
      : `Answer with JSON that is valid against this JSON Schema and with nothing else: no Markdown, no words around it.\n${JSON.stringify(format.schema)}`
  return {
    request: {
      ...request,
      system: [...request.system, { type: 'text', text }],
      ...(gap.takesJson && { outputFormat: { type: 'json' } }),
    },
    dropped: [
      { path: PATH, why: 'the provider has no such field and cannot be made to call a tool: asked for in words' },
    ],
  }
}

/** Whether a schema can be that of arguments, which are an object everywhere. */
function isRecord(schema: JsonObject): boolean {
  if (['anyOf', 'oneOf', 'allOf', '$ref'].some((word) => schema[word] !== undefined)) return false
  return schema['type'] === 'object' || (schema['type'] === undefined && isObject(schema['properties']))
}

/** Definitions stay at the root, where references look for them. */
function wrapped(schema: JsonObject): JsonObject {
  const { $schema: _dialect, $defs, definitions, ...answer } = schema
  return {
    type: 'object',
    properties: { answer },
    required: ['answer'],
    additionalProperties: false,
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}

function freeName({ tools }: ModelRequest): string {
  const taken = new Set(tools.map(({ name }) => name))
  let name = 'structured_answer'
  for (let count = 2; taken.has(name); count++) name = `structured_answer_${count}`
  return name
}
