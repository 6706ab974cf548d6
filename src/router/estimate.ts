import type { JsonObject } from '../canonical/json.ts'
import type { MediaPart, ModelRequest, Part, Tool } from '../canonical/request.ts'
import { estimateMedia } from './estimate-media.ts'
import { estimateText } from './estimate-text.ts'

/**
 * How many tokens a request's input has, roughly: no tokenizer, linear in its size, never the base64 of media.
 * `factor` corrects it by what the provider counted before.
 */
export function estimateInput(request: ModelRequest, factor = 1): number {
  return Math.ceil(factor * sumOf(request, estimateText))
}

/** Adds a request's input up; `count` says how many tokens a text has. */
export function sumOf(request: ModelRequest, count: (text: string) => number): number {
  let sum = requestOverhead
  for (const part of request.system) sum += count(part.text)
  for (const message of request.messages) {
    sum += messageOverhead
    for (const part of message.parts) sum += partTokens(part, count)
  }
  for (const tool of request.tools) sum += toolTokens(tool, count)
  if (request.outputFormat?.type === 'json-schema') sum += count(textOf(request.outputFormat.schema))
  return sum
}

const requestOverhead = 3
const messageOverhead = 4
const toolOverhead = 8
/** What a provider writes into the prompt for a tool of its own. */
const serverToolTokens = 300

function partTokens(part: Part, count: (text: string) => number): number {
  switch (part.type) {
    case 'text':
      return count(part.text)
    case 'reasoning':
      return part.encrypted === undefined ? count(part.text) : part.encrypted.length / 8
    case 'tool-call':
      return toolOverhead + count(part.name) + count(part.input)
    case 'tool-result':
      return part.content.reduce((sum, inner) => sum + partTokens(inner, count), toolOverhead)
    case 'media':
      return mediaTokens(part, count)
    case 'native':
      return nativeTokens(part.native.rest, count)
  }
}

function mediaTokens(part: MediaPart, count: (text: string) => number): number {
  const title = part.title === undefined ? 0 : count(part.title)
  return title + (part.source.type === 'text' ? count(part.source.text) : estimateMedia(part))
}

function toolTokens(tool: Tool, count: (text: string) => number): number {
  if (tool.type === 'server') return serverToolTokens
  return toolOverhead + count(tool.name) + count(tool.description ?? '') + count(textOf(tool.schema))
}

/** Long data inside (an encrypted search result, a file) is not read as text by any model. */
function nativeTokens(json: JsonObject, count: (text: string) => number): number {
  let data = 0
  const text = textOf(json, (_key, value) => {
    if (typeof value !== 'string' || value.length < 2_000 || !isBase64(value)) return value
    data += value.length
    return ''
  })
  return count(text) + data / 8
}

function textOf(json: JsonObject, replace?: (key: string, value: unknown) => unknown): string {
  try {
    return JSON.stringify(json, replace)
  } catch (error) {
    // Nested deeper than the stack: nobody takes it, and the provider shall say so.
    if (error instanceof RangeError) return ''
    throw error
  }
}

function isBase64(text: string): boolean {
  return base64Start.test(text.slice(0, 400))
}

const base64Start = /^[A-Za-z0-9+/_-]{400}$/
