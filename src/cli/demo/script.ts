import { isObject, type JsonObject } from '../../canonical/json.ts'

/** The model that the built-in provider serves. */
export const MODEL = 'scripted-1'
export const QUESTION = 'What is the weather in Zürich? Answer in one sentence.'
export const TOOL = {
  name: 'get_weather',
  description: 'The weather of a city, now.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}
export const ARGUMENTS = { city: 'Zürich' }
export const TOOL_RESULT = '{"celsius":21,"sky":"light rain ☂"}'

/** What the two answers must amount to. Token counts as OpenAI counts them: cached ones are part of the prompt. */
export const FIRST = { text: 'Let me look that up.', usage: usage(120, 0, 31) }
export const SECOND = {
  text: 'It is 21 °C in Zürich, with light rain ☂ — take an umbrella.',
  usage: usage(180, 96, 24),
}

export interface ScriptedChunk {
  readonly afterMs: number
  readonly body: JsonObject
}

/** The chunks of the answer to an OpenAI Chat request, or what is wrong with the request. */
export function answerTo(request: JsonObject): ScriptedChunk[] | string {
  const messages = Array.isArray(request['messages']) ? request['messages'].filter(isObject) : []
  const last = messages.at(-1)
  if (request['model'] !== MODEL) return `the model is ${JSON.stringify(request['model'])}, not ${MODEL}`
  if (request['stream'] !== true) return 'no stream was asked for'
  if (last?.['role'] === 'user')
    return textOf(last['content']) === QUESTION ? firstAnswer() : 'the question was changed'
  if (last?.['role'] !== 'tool') return 'the last message is neither a question nor a tool result'
  if (last['tool_call_id'] !== CALL_ID)
    return `the tool result has the id ${JSON.stringify(last['tool_call_id'])}, not ${CALL_ID}`
  return textOf(last['content']) === TOOL_RESULT ? secondAnswer() : 'the tool result was changed'
}

const CALL_ID = 'call_demo_1'

function firstAnswer(): ScriptedChunk[] {
  const opening = { index: 0, id: CALL_ID, type: 'function', function: { name: TOOL.name, arguments: '' } }
  const pieces = JSON.stringify(ARGUMENTS).match(/.{1,6}/gsu) ?? []
  return [
    delta({ role: 'assistant', content: '' }),
    ...words(FIRST.text),
    delta({ tool_calls: [opening] }),
    ...pieces.map((piece) => delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
    ...end('tool_calls', FIRST.usage),
  ]
}

function secondAnswer(): ScriptedChunk[] {
  return [delta({ role: 'assistant', content: '' }), ...words(SECOND.text), ...end('stop', SECOND.usage)]
}

function words(text: string): ScriptedChunk[] {
  return (text.match(/\S+\s*/g) ?? []).map((content) => delta({ content }))
}

function delta(content: JsonObject): ScriptedChunk {
  return { afterMs: 25, body: { choices: [{ index: 0, delta: content, finish_reason: null }] } }
}

/** The finish reason, and the usage in a frame of its own, as OpenAI sends it. */
function end(reason: string, counts: JsonObject): ScriptedChunk[] {
  return [
    { afterMs: 0, body: { choices: [{ index: 0, delta: {}, finish_reason: reason }] } },
    { afterMs: 0, body: { choices: [], usage: counts } },
  ]
}

function usage(prompt: number, cached: number, completion: number) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}
