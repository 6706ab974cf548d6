import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Message, ToolCallPart, ToolResultPart } from '../../canonical/request.ts'
import { encodeOwnText } from './blocks.ts'
import { CACHES_ITSELF, inputText, mediaOrText, nativeBlocks, noteText } from './encode-blocks.ts'
import { chatInput, type Encoding } from './encoding.ts'
import { formOf, isOurs, withRest } from './residue.ts'

/** A tool's result as the item that follows its call; nothing if there is no such call, which would be refused. */
export function encodeResult(part: ToolResultPart, path: string, encoding: Encoding): JsonObject | undefined {
  const pair = encoding.pairs.pairOf(part)
  if (encoding.ours && isOurs(part)) {
    const { item, search } = formOf(part)
    if (isObject(search)) return search
    const keys = isObject(item) ? item : {}
    return withRest({ ...keys, call_id: part.id, output: ownOutput(part, path, encoding) }, part)
  }
  if (!pair) return undefined
  encoding.losses.residue(part.native, path)
  if (part.cache) encoding.losses.drop(`${path}.cache_control`, CACHES_ITSELF)
  return { type: outputType(pair.call, encoding), call_id: pair.id, output: encodeOutput(part, path, encoding) }
}

/** The results that nobody told: without them the request would be refused. */
export function missingResults(message: Message, encoding: Encoding): JsonObject[] {
  return encoding.pairs
    .callsOf(message)
    .flatMap(({ call, id, result }) =>
      result
        ? []
        : [{ type: outputType(call, encoding), call_id: id, output: 'No result: the tool call was never answered.' }],
    )
}

/** A result whose call is not part of the conversation, as a user would tell it. */
export function orphanText(part: ToolResultPart, path: string, encoding: Encoding): JsonObject[] {
  const head = inputText(`Result of tool call ${part.id}, which is not part of this conversation:`)
  const output = encodeOutput(part, path, encoding)
  return [head, ...(Array.isArray(output) ? output.filter(isObject) : [inputText(String(output))])]
}

function outputType(call: ToolCallPart, encoding: Encoding): string {
  const isCustom = encoding.ours ? formOf(call).custom === true : chatInput(call, encoding) !== undefined
  return isCustom ? 'custom_tool_call_output' : 'function_call_output'
}

function ownOutput(part: ToolResultPart, path: string, encoding: Encoding): Json | undefined {
  const { spelling, output } = formOf(part)
  const [only] = part.content
  if (spelling === 'other') return output
  if (spelling === 'string' && part.content.length === 1 && only?.type === 'text') return only.text
  return blocksOf(part, path, encoding)
}

// One string is what every compatible provider takes; blocks only to carry what a string cannot.
function encodeOutput(part: ToolResultPart, path: string, encoding: Encoding): Json {
  const blocks = blocksOf(part, path, encoding)
  const isText = blocks.every((block) => block.type === 'input_text')
  const text = isText ? blocks.map((block) => block.text).join('\n') : ''
  const saysError = /^\s*(<tool_use_error>|error\b)/i
  if (isText) {
    if (!part.isError) return text.trim() === '' ? '(no output)' : text
    if (text.trim() === '') return 'Error: the tool failed and said nothing'
    return saysError.test(text) ? text : `Error: ${text}`
  }
  return part.isError ? [inputText('Error:'), ...blocks] : blocks
}

function blocksOf(part: ToolResultPart, path: string, encoding: Encoding): JsonObject[] {
  return part.content.flatMap((item, index) => {
    const place = `${path}.content[${index}]`
    if (item.type === 'media') return [mediaOrText(item, place, encoding)]
    if (item.type === 'native') return nativeBlocks(item, place, encoding)
    if (encoding.ours) return [encodeOwnText(item, 'input_text')]
    noteText(item, place, encoding)
    return item.text.trim() === '' ? [] : [inputText(item.text)]
  })
}
