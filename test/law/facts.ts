import { isObject, parseJson, type Json } from '../../src/canonical/json.ts'
import type { MediaPart, ModelRequest, Part, ReasoningOption, ToolResultPart } from '../../src/canonical/request.ts'
import { pairTools } from '../../src/protocol/tool-pairs.ts'
import { WRAPPED_INPUT, unwrapped } from './carriers.ts'

/** One thing that a request says. Two that say the same are equal but for the path. */
export interface Fact {
  /** Where it is said, in canonical terms. */
  readonly path: string
  readonly says: string
}

/** Words of a request: by whom, or of which tool result. */
export interface Words {
  readonly path: string
  readonly speaker: string
  readonly text: string
}

/** What a request says, apart from how a protocol spells it. */
export interface Meaning {
  readonly facts: readonly Fact[]
  /** In order. */
  readonly words: readonly Words[]
}

/** What `request` says; `nameOf` leads from a provider's name of a tool to the client's. */
export function meaningOf(request: ModelRequest, nameOf: (name: string) => string = (name) => name): Meaning {
  const facts: Fact[] = []
  const words: Words[] = []
  const pairs = pairTools(request.messages, (id) => id)
  const calls: Part[] = request.messages.flatMap(({ parts }) => parts.filter(({ type }) => type === 'tool-call'))
  let begun = false
  const say = (path: string, ...what: (string | undefined)[]): void => void facts.push({ path, says: what.join(' ') })
  const speak = (path: string, role: string, whole: string): void => {
    const inner = unwrapped(whole)
    const speaker = inner === undefined ? role : 'system'
    begun ||= speaker !== 'system'
    if (whole.trim() !== '') words.push({ path, speaker: begun ? speaker : 'instructions', text: inner ?? whole })
  }
  const show = (part: MediaPart, path: string, speaker: string): void => {
    // A document of text is told as text, title first, by whom has no such block.
    if (part.source.type !== 'text') return mediaFacts(part, path).forEach((fact) => facts.push(fact))
    for (const text of [part.title ?? '', part.source.text]) {
      if (text.trim() !== '') words.push({ path, speaker, text })
    }
  }
  const result = (part: ToolResultPart, path: string): void => {
    const pair = pairs.pairOf(part)
    const speaker = pair ? `result of call ${calls.indexOf(pair.call)}` : 'user'
    const texts = part.content.flatMap((item) => (item.type === 'text' ? [item.text] : []))
    if (pair) say(path, speaker)
    if (pair && (part.isError || SAYS_ERROR.test(texts.join('')))) say(path, speaker, 'is an error')
    part.content.forEach((item, index) => {
      const place = `${path}.content[${index}]`
      if (item.type === 'text' && item.text.trim() !== '') words.push({ path: place, speaker, text: item.text })
      if (item.type === 'media') show(item, place, speaker)
    })
    marks(part, path)
  }
  const marks = (part: object, path: string): void => {
    if ('cache' in part && part.cache) say(`${path}.cache_control`, 'cache', JSON.stringify(part.cache))
  }
  request.system.forEach((part, index) => {
    if (part.text.trim() !== '') words.push({ path: `system[${index}]`, speaker: 'instructions', text: part.text })
    marks(part, `system[${index}]`)
  })
  request.messages.forEach(({ role, parts }, at) => {
    parts.forEach((part, index) => {
      const path = `messages[${at}].content[${index}]`
      begun ||= part.type !== 'text' && role !== 'system'
      if (part.type === 'text') speak(path, role, part.text)
      if (part.type === 'media') show(part, path, role)
      if (part.type === 'tool-result') return result(part, path)
      if (part.type === 'reasoning') {
        say(path, 'reasoning', part.text)
        if (part.signature) say(`${path}.signature`, 'signed reasoning', part.signature)
        if (part.encrypted) say(path, 'encrypted reasoning', part.encrypted)
      }
      if (part.type === 'tool-call') {
        say(path, `call ${calls.indexOf(part)}`, nameOf(part.name), inputOf(part.input))
        if (part.signature) say(`${path}.signature`, 'signed call', part.signature)
      }
      marks(part, path)
    })
  })
  toolFacts(request, nameOf).forEach((fact) => facts.push(fact))
  return { facts: [...facts, ...optionFacts(request, nameOf)], words }
}

/** High is what adaptive clients say by default: the model decides by itself, which not every protocol spells. */
export function isOwnJudgement(reasoning: ReasoningOption | undefined): boolean {
  return reasoning?.mode === 'adaptive' && reasoning.effort === 'high'
}

/** How hard the model is asked to think, in the few steps that every protocol knows. */
function thinkingStep(reasoning: ReasoningOption | undefined): string | undefined {
  if (!reasoning) return undefined
  const { mode, effort, budget } = reasoning
  if (mode === 'off' || effort === 'none') return 'off'
  if (effort) return { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' }[effort]
  if (budget === undefined) return undefined
  return budget <= 4096 ? 'low' : budget <= 10_000 ? 'medium' : 'high'
}

const SAYS_ERROR = /^\s*(<tool_use_error>|error\b)/i

function mediaFacts(part: MediaPart, path: string): Fact[] {
  const { source, kind, mediaType, title } = part
  const what =
    source.type === 'base64'
      ? `${mediaType ?? kind} ${Bun.hash(source.data)}`
      : source.type === 'url'
        ? `at ${source.url}`
        : `file ${source.type === 'file' ? source.id : ''}`
  return [
    { path, says: `media ${what}` },
    ...(title === undefined ? [] : [{ path: `${path}.title`, says: `media title ${title}` }]),
  ]
}

/** Arguments as what they mean: parsed, and without the wrappers of those who take nothing but objects. */
function inputOf(input: string): string {
  let value: Json
  try {
    value = input.trim() === '' ? {} : parseJson(input)
  } catch {
    return JSON.stringify(input)
  }
  if (!isObject(value)) return JSON.stringify(input)
  const [key, ...others] = Object.keys(value)
  const inner = key !== undefined && others.length === 0 && WRAPPED_INPUT.has(key) ? value[key] : value
  return JSON.stringify(isObject(inner) && 'raw' in inner && key === '__unparsedToolInput' ? inner.raw : inner)
}

function toolFacts({ tools }: ModelRequest, nameOf: (name: string) => string): Fact[] {
  return tools.flatMap((tool, index): Fact[] => {
    const path = `tools[${index}]`
    const cache = tool.cache ? [{ path: `${path}.cache_control`, says: `cache ${JSON.stringify(tool.cache)}` }] : []
    const name = nameOf(tool.name)
    // A free-form tool is a function of one text to whom has no such tools.
    if (tool.type === 'server')
      return [{ path, says: tool.kind === 'other' ? `tool ${name}` : `server tool ${tool.kind}` }, ...cache]
    return [
      { path, says: `tool ${name}` },
      ...(tool.strict ? [{ path: `${path}.strict`, says: `tool ${name} is strict` }] : []),
      ...(tool.deferred ? [{ path: `${path}.defer_loading`, says: `tool ${name} is deferred` }] : []),
      ...cache,
    ]
  })
}

function optionFacts(request: ModelRequest, nameOf: (name: string) => string): Fact[] {
  const { toolChoice, outputFormat, stopSequences } = request
  const choice = toolChoice && toolChoice.type === 'tool' ? `tool ${nameOf(toolChoice.name)}` : toolChoice?.type
  const step = thinkingStep(request.reasoning)
  const plain: readonly (readonly [path: string, value: unknown])[] = [
    ['max_tokens', request.maxOutputTokens],
    ['temperature', request.temperature],
    ['top_p', request.topP],
    ['top_k', request.topK],
    ['presence_penalty', request.presencePenalty],
    ['frequency_penalty', request.frequencyPenalty],
    ['seed', request.seed],
    ['logprobs', request.logprobs && `with ${request.logprobs.top ?? 0} others`],
    ['metadata.user_id', request.userId],
    // Everyone's default, and a choice among nothing.
    ['tool_choice', choice === 'auto' || request.tools.length === 0 ? undefined : choice],
    ['tool_choice.disable_parallel_tool_use', request.parallelToolCalls === false ? true : undefined],
    ['thinking', isOwnJudgement(request.reasoning) ? undefined : step],
    ['output_config.format', outputFormat?.type === 'json' ? 'json' : undefined],
    ['output_config.format', outputFormat?.type === 'json-schema' ? 'schema' : undefined],
    ['stream', request.stream],
  ]
  return [
    ...plain.flatMap(([path, value]) => (value === undefined ? [] : [{ path, says: `${path} ${String(value)}` }])),
    ...(stopSequences ?? []).map((stop, index) => ({ path: `stop_sequences[${index}]`, says: `stop at ${stop}` })),
  ]
}
