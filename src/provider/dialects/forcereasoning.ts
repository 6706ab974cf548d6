import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody } from './body.ts'
import { splitFrames, splitReply } from './split-thoughts.ts'

/**
 * `forcereasoning`: a model that has no reasoning of its own is told to think aloud between tags, which are told as
 * reasoning; what it thought earlier goes back in the same tags (OpenAI Chat). An answer without tags stays whole.
 */
export const forcereasoning: DialectMaker = () => ({
  request: editBody((body, protocol) =>
    protocol === 'openai-chat' && Array.isArray(body.messages)
      ? { ...body, messages: withInstruction(withThoughts(body.messages)) }
      : body,
  ),
  frames: () => splitFrames(TAG),
  reply: (body) => splitReply(body, TAG),
  traits: () => ({ reasoningRequest: 'none', reasoningReplay: 'reasoning_content' }),
})

const TAG = 'reasoning_content'
const INSTRUCTION = `Before you answer or call a tool, always think the task through, step by step, between <${TAG}> and </${TAG}>. Close the tag before anything else, and never mention these tags.`

/** Older thoughts cost more than they help. */
const REPLAYED = 10

function withThoughts(messages: readonly Json[]): Json[] {
  const thinking = messages.flatMap((message, index) =>
    isObject(message) && message[TAG] !== undefined ? [index] : [],
  )
  const recent = new Set(thinking.slice(-REPLAYED))
  return messages.map((message, index) =>
    isObject(message) && message[TAG] !== undefined ? inlined(message, recent.has(index)) : message,
  )
}

function inlined({ [TAG]: thought, ...message }: JsonObject, isRecent: boolean): JsonObject {
  const text = asString(thought)?.trim() ?? ''
  const isEmpty = message.content === null || message.content === undefined || message.content === ''
  if (text === '' || !(isRecent || isEmpty)) return message
  const tagged = `<${TAG}>${text}</${TAG}>`
  if (Array.isArray(message.content))
    return { ...message, content: [{ type: 'text', text: tagged }, ...message.content] }
  return { ...message, content: isEmpty ? tagged : `${tagged}\n${String(message.content)}` }
}

function withInstruction(messages: readonly Json[]): Json[] {
  const last = messages.at(-1)
  if (!isObject(last) || last.role !== 'user') return [...messages, { role: 'user', content: INSTRUCTION }]
  const content = Array.isArray(last.content)
    ? [...last.content, { type: 'text', text: INSTRUCTION }]
    : `${asString(last.content) ?? ''}\n\n${INSTRUCTION}`
  return [...messages.slice(0, -1), { ...last, content }]
}
