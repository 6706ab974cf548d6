import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Frame, Step } from '../../protocol/protocol.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody } from './body.ts'
import { choiceOf, chunkOf, deltaFrame, editMessages, frameWith, isDone } from './chunk.ts'
import { createFieldReader, type FieldReader } from './field-reader.ts'

/**
 * `tooluse`: a model that forgets its tools must call one in every turn; where it has nothing to call for, a tool of
 * ours takes its answer, which the client gets as text and never sees as a call (OpenAI Chat).
 */
export const tooluse: DialectMaker = () => ({
  request: editBody((body, protocol) => (protocol === 'openai-chat' && isFree(body) ? forced(body) : body)),
  frames: exitAsText,
  reply: (body) => withFinish(editMessages(body, withoutExit)),
})

const EXIT = 'ExitTool'

const EXIT_TOOL: JsonObject = {
  type: 'function',
  function: {
    name: EXIT,
    description:
      'Call this when no other tool is needed: the task is done, or the user is to be told or asked something. `response` is shown to the user as your answer.',
    parameters: {
      type: 'object',
      properties: { response: { type: 'string', description: 'The answer to the user, in full.' } },
      required: ['response'],
    },
  },
}

const REMINDER = `Tool mode is active. Call a tool in every turn, the one that brings the task furthest. When no tool is needed any more, call \`${EXIT}\` with your answer: that is the only way to answer in words.`

/** Whether the model has tools and the client leaves it the choice. */
function isFree({ tools, tool_choice: choice, messages }: JsonObject): boolean {
  if (!Array.isArray(tools) || tools.length === 0 || !Array.isArray(messages)) return false
  const isOurs = tools.some((tool) => isObject(tool) && isObject(tool.function) && tool.function.name === EXIT)
  return !isOurs && (choice === undefined || choice === null || choice === 'auto')
}

function forced(body: JsonObject): JsonObject {
  return {
    ...body,
    messages: [...(body.messages as Json[]), { role: 'system', content: REMINDER }],
    tools: [...(body.tools as Json[]), EXIT_TOOL],
    tool_choice: 'required',
  }
}

function exitAsText(): Step<Frame, Frame> {
  const exits = new Map<Json, FieldReader>()
  let others = 0
  let last: JsonObject | undefined

  /** What the exits among the calls say, and the calls that are left. */
  const divide = (calls: readonly Json[]): { text: string; rest: Json[] } => {
    let text = ''
    const rest: Json[] = []
    for (const call of calls) {
      const fn = isObject(call) && isObject(call.function) ? call.function : undefined
      const index = isObject(call) ? (call.index ?? 0) : 0
      if (fn?.name === EXIT) exits.set(index, createFieldReader('response'))
      else if (fn?.name) exits.delete(index)
      const reader = exits.get(index)
      if (reader) text += reader.push(asString(fn?.arguments) ?? '')
      else rest.push(call)
    }
    others += rest.length
    return { text, rest }
  }
  const ending = (): string => {
    const text = [...exits.values()].map((reader) => reader.end()).join('')
    exits.clear()
    return text
  }
  const ended = (): Frame[] => {
    const text = ending()
    return text !== '' && last ? [deltaFrame(last, { content: text })] : []
  }

  return {
    push(frame) {
      const chunk = chunkOf(frame)
      const choice = chunk && choiceOf(chunk)
      if (!chunk || !choice) return isDone(frame) ? [...ended(), frame] : [frame]
      last = chunk
      const { tool_calls: calls, ...delta } = isObject(choice.delta) ? choice.delta : {}
      const hadExit = exits.size > 0
      const { text, rest } = divide(Array.isArray(calls) ? calls : [])
      if (exits.size === 0 && !hadExit) return [frame]
      const said = choice.finish_reason ? text + ending() : text
      const { finish_reason: word = null } = choice
      const edited = {
        ...choice,
        delta: { ...delta, ...(rest.length > 0 && { tool_calls: rest }) },
        finish_reason: word === 'tool_calls' && others === 0 ? 'stop' : word,
      }
      return [...(said === '' ? [] : [deltaFrame(chunk, { content: said })]), frameWith(frame, chunk, edited)]
    },
    end: ended,
  }
}

function withoutExit(message: JsonObject): JsonObject | undefined {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : []
  const said: string[] = []
  const rest = calls.filter((call) => {
    const fn = isObject(call) && isObject(call.function) ? call.function : undefined
    if (fn?.name !== EXIT) return true
    said.push(responseOf(asString(fn.arguments) ?? ''))
    return false
  })
  if (said.length === 0) return undefined
  const { tool_calls: _, ...others } = message
  const texts = [asString(message.content) ?? '', ...said].filter((text) => text !== '')
  return { ...others, content: texts.join('\n'), ...(rest.length > 0 && { tool_calls: rest }) }
}

function responseOf(text: string): string {
  try {
    const input = parseJson(text)
    return (isObject(input) ? asString(input.response) : undefined) ?? text
  } catch {
    const reader = createFieldReader('response')
    return reader.push(text) + reader.end()
  }
}

/** The finish reason of a reply whose calls have all become text. */
function withFinish(body: Json): Json {
  if (!isObject(body) || !Array.isArray(body.choices)) return body
  const choices = body.choices.map((choice) => {
    const isText = isObject(choice) && isObject(choice.message) && choice.message.tool_calls === undefined
    return isObject(choice) && isText && choice.finish_reason === 'tool_calls'
      ? { ...choice, finish_reason: 'stop' }
      : choice
  })
  return { ...body, choices }
}
