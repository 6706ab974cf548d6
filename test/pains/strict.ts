import type { Answer } from '../helper/answer.ts'
import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import type { Turn } from '../helper/turn.ts'
import type { Received } from '../helper/upstream.ts'
import type { Loose } from './scene.ts'

/** A script that refuses, as the strictest providers do, what breaks the rules of its protocol; else it plays `turn`. */
export function strictly(turn: Turn): (request: Received) => Answer {
  return (request) => {
    const faults = faultsIn(request)
    return faults.length > 0
      ? json({ error: { message: faults.join('; '), code: 400 } }, 400)
      : answerTurn(request, turn)
  }
}

/** What a strict provider would refuse of a request. */
export function faultsIn(request: Pick<Received, 'path' | 'text'>): string[] {
  const body = JSON.parse(request.text)
  if (request.path.includes('/messages')) return faultsOfAnthropic(body)
  return request.path.includes('chat/completions')
    ? faultsOfChat(body)
    : faultsOfGemini(body, request.path.includes('gemini-3'))
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/

function faultsOfAnthropic(body: Loose): string[] {
  const faults: string[] = []
  const blocksOf = (content: Loose): Loose[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : [...content]
  let open: string[] = []
  for (const [place, message] of [...(body['messages'] ?? [])].entries()) {
    const blocks = blocksOf(message['content'])
    if (blocks.length === 0) faults.push(`messages.${place}: content is empty`)
    for (const block of blocks) {
      if (block['type'] === 'text' && String(block['text'] ?? '').trim() === '')
        faults.push(`messages.${place}: text content blocks must be non-empty`)
      if (block['type'] === 'tool_use' && !NAME.test(String(block['name']))) faults.push(`messages.${place}: tool name`)
      if (block['type'] === 'tool_use' && !/^[a-zA-Z0-9_-]+$/.test(String(block['id'])))
        faults.push(`messages.${place}: tool id`)
      if (block['type'] === 'tool_use' && !isPlainObject(block['input']))
        faults.push(`messages.${place}: tool input is no object`)
    }
    const answered = blocks
      .filter((block) => block['type'] === 'tool_result')
      .map((block) => String(block['tool_use_id']))
    for (const id of open) if (!answered.includes(id)) faults.push(`messages.${place}: no tool_result for ${id}`)
    for (const id of answered) if (!open.includes(id)) faults.push(`messages.${place}: unexpected tool_result ${id}`)
    open = blocks.filter((block) => block['type'] === 'tool_use').map((block) => String(block['id']))
  }
  const thinking = body['thinking']
  if (thinking?.['type'] === 'enabled') {
    const budget = Number(thinking['budget_tokens'])
    if (budget < 1024) faults.push('thinking.budget_tokens: at least 1024')
    if (budget >= Number(body['max_tokens'])) faults.push('max_tokens must be greater than thinking.budget_tokens')
  }
  const choice = body['tool_choice']?.['type']
  if (thinking && thinking['type'] !== 'disabled' && (choice === 'any' || choice === 'tool'))
    faults.push('Thinking may not be enabled when tool_choice forces tool use')
  return faults
}

function faultsOfChat(body: Loose): string[] {
  const faults = Object.keys(body).flatMap((key) => (CHAT_FIELDS.has(key) ? [] : [`Unknown parameter: '${key}'`]))
  let open: string[] = []
  for (const [place, message] of [...(body['messages'] ?? [])].entries()) {
    const role = String(message['role'])
    if (role === 'tool') {
      const id = String(message['tool_call_id'])
      if (!open.includes(id)) faults.push(`messages[${place}]: tool message without a call`)
      open = open.filter((other) => other !== id)
    } else if (open.length > 0) faults.push(`messages[${place}]: tool calls were not answered`)
    const content = message['content'] as unknown
    if (content === '' || (Array.isArray(content) && content.length === 0))
      faults.push(`messages[${place}]: empty content`)
    if (content === null && !message['tool_calls']) faults.push(`messages[${place}]: content is null`)
    if (Array.isArray(content))
      for (const block of content)
        if (block['type'] === 'text' && String(block['text']).trim() === '')
          faults.push(`messages[${place}]: empty text`)
    for (const call of message['tool_calls'] ?? []) {
      open.push(String(call['id']))
      if (!NAME.test(String(call['function']?.['name']))) faults.push(`messages[${place}]: function name`)
      if (String(call['id']).length > 40) faults.push(`messages[${place}]: id too long`)
      if (!isPlainObject(parsed(String(call['function']?.['arguments']))))
        faults.push(`messages[${place}]: arguments are no JSON object`)
    }
  }
  if (open.length > 0) faults.push('the last tool calls were not answered')
  for (const tool of body['tools'] ?? [])
    if (!NAME.test(String(tool['function']?.['name']))) faults.push(`tools: name ${String(tool['function']?.['name'])}`)
  return faults
}

function faultsOfGemini(body: Loose, signed: boolean): string[] {
  const faults = Object.keys(body).flatMap((key) => (GEMINI_FIELDS.has(key) ? [] : [`Unknown name "${key}"`]))
  let calls = 0
  for (const [place, content] of [...(body['contents'] ?? [])].entries()) {
    const parts = [...(content['parts'] ?? [])]
    if (parts.length === 0) faults.push(`contents[${place}]: no parts`)
    const answers = parts.filter((part) => part['functionResponse'])
    if (answers.length !== (content['role'] === 'user' ? calls : 0))
      faults.push(`contents[${place}]: the number of function response parts must equal that of the calls`)
    const made = parts.filter((part) => part['functionCall'])
    calls = made.length
    for (const part of parts)
      if (part['text'] === '' && Object.keys(part).length === 1) faults.push(`contents[${place}]: empty text`)
    for (const part of made)
      if (!isPlainObject(part['functionCall']?.['args'] ?? {})) faults.push(`contents[${place}]: args is no object`)
    if (signed && made.length > 0 && !made[0]?.['thoughtSignature'])
      faults.push(`contents[${place}]: Function call is missing a thought_signature`)
  }
  const declared = [...(body['tools'] ?? [])].flatMap((group) => [...(group['functionDeclarations'] ?? [])])
  for (const { name, parameters } of declared as { name: string; parameters?: Loose }[]) {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)) faults.push(`function name ${name}`)
    if (parameters) faults.push(...faultsOfSchema(parameters, name))
  }
  return faults
}

/** Gemini knows a few keywords of JSON Schema and refuses a request with any other. */
export function faultsOfSchema(schema: Loose, path: string): string[] {
  const faults = Object.keys(schema).flatMap((key) =>
    GEMINI_KEYWORDS.has(key) ? [] : [`Unknown name "${key}" at ${path}`],
  )
  if (typeof schema['type'] !== 'string' && !schema['anyOf']) faults.push(`${path}: no type`)
  const { properties, required } = schema as unknown as { properties?: Record<string, Loose>; required?: string[] }
  for (const [name, inner] of Object.entries(properties ?? {})) faults.push(...faultsOfSchema(inner, `${path}.${name}`))
  for (const name of required ?? [])
    if (!properties || !Object.hasOwn(properties, name)) faults.push(`${path}: required ${name} is not defined`)
  if (new Set(required).size !== (required ?? []).length) faults.push(`${path}: required has duplicates`)
  if (schema['items']) faults.push(...faultsOfSchema(schema['items'], `${path}[]`))
  for (const inner of schema['anyOf'] ?? []) faults.push(...faultsOfSchema(inner, `${path}|`))
  if (String(schema['type']).toUpperCase() === 'ARRAY' && !schema['items'])
    faults.push(`${path}: an array without items`)
  return faults
}

// https://ai.google.dev/api/caching#Schema
const GEMINI_KEYWORDS = new Set(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum'.split(
    ' ',
  ),
)
const GEMINI_FIELDS = new Set(
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels'.split(' '),
)
// https://platform.openai.com/docs/api-reference/chat/create
const CHAT_FIELDS = new Set(
  'model messages tools tool_choice parallel_tool_calls max_tokens max_completion_tokens temperature top_p stop stream stream_options reasoning_effort response_format user n seed metadata prompt_cache_key store verbosity service_tier'.split(
    ' ',
  ),
)

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON: the caller says so.
    return undefined
  }
}
