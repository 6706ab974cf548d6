import type { ModelError } from '../canonical/error.ts'
import { asNumber, isObject, type JsonObject } from '../canonical/json.ts'
import { fitThinking } from './dialects/body.ts'

/** That the output limit was too high. */
export interface LimitLesson {
  readonly type: 'limit'
  /** Where it stands in the body. */
  readonly field: LimitField
  readonly most: number
  /** It was too high beside this one prompt: for another one there may be more room. */
  readonly ofThisCall?: true
}

type LimitField = 'max_tokens' | 'max_completion_tokens' | 'max_output_tokens' | 'generationConfig.maxOutputTokens'

/** What the refusal of `body` says of its output limit; `undefined` if it is not about that, or names no number. */
export function limitLesson({ kind, message, details }: ModelError, body: JsonObject): LimitLesson | undefined {
  const field = FIELDS.find((name) => readLimit(body, name) !== undefined)
  const asked = field && readLimit(body, field)
  if (!field || asked === undefined) return undefined
  const text = plain(`${message} ${details.param ?? ''}`)
  const rest = restOfWindow(text)
  if (rest !== undefined) return rest < Math.min(asked, leastRest) ? undefined : lessonOf(field, rest, asked, true)
  if (kind !== 'bad-request' || !NAMES_LIMIT.test(text)) return undefined
  return lessonOf(field, statedLimit(text) ?? guessedLimit(text, asked), asked, false)
}

/** `body` with a limit that is no higher than was learnt; the very same object if it is not. */
export function applyLimit(body: JsonObject, { field, most }: LimitLesson): JsonObject {
  const asked = readLimit(body, field)
  if (asked === undefined || asked <= most) return body
  if (field !== 'generationConfig.maxOutputTokens') return fitThinking({ ...body, [field]: most }, most)
  return { ...body, generationConfig: { ...(body['generationConfig'] as JsonObject), maxOutputTokens: most } }
}

const FIELDS: readonly LimitField[] = [
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'generationConfig.maxOutputTokens',
]

/** With less room than this it is the prompt that is too long. */
const leastRest = 1024

const NAMES_LIMIT = /max(?:imum)?[_ ]?(?:completion|output|new)?[_ ]?tokens|(?:output|completion) tokens/i

function readLimit(body: JsonObject, field: LimitField): number | undefined {
  if (field !== 'generationConfig.maxOutputTokens') return asNumber(body[field])
  const config = body['generationConfig']
  return isObject(config) ? asNumber(config['maxOutputTokens']) : undefined
}

function lessonOf(
  field: LimitField,
  most: number | undefined,
  asked: number,
  ofThisCall: boolean,
): LimitLesson | undefined {
  if (most === undefined || most < 1 || most >= asked) return undefined
  return { type: 'limit', field, most, ...(ofThisCall && { ofThisCall }) }
}

/** Without who answered with which status, whose names hold digits, and without the commas in numbers. */
function plain(message: string): string {
  return message
    .slice(0, 2000)
    .replace(/^.{0,300}? answered \d{3}: /, '')
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')
}

/** What a window has left beside the prompt, where the words say both: for input and output together. */
function restOfWindow(text: string): number | undefined {
  for (const [words, window, prompt] of SUMS) {
    const found = words.exec(text)
    if (found) return Number(found[window]) - Number(found[prompt])
  }
  return undefined
}

/** The groups that hold the window and the prompt. */
const SUMS: readonly (readonly [words: RegExp, window: number, prompt: number])[] = [
  // vLLM: "… (128000 > 8192 - 20)"
  [/> (\d+) - (\d+)\)/, 1, 2],
  // OpenAI: "maximum context length is 8192 tokens. However, you requested 32020 tokens (20 in the messages, 32000 in the completion)"
  [/context (?:length|window) (?:is|of) (\d+)[^(]{0,120}\((\d+) in the messages/i, 1, 2],
  // OpenRouter: "(5018 of text input, 128000 in the output)"
  [/context (?:length|window) (?:is|of) (\d+)[^(]{0,120}\((\d+) of text input, \d+ in the output/i, 1, 2],
  // vLLM: "… you requested 32000 output tokens and your prompt contains 20 input tokens"
  [
    /context (?:length|window) (?:is|of) (\d+).{0,120}requested \d+ output tokens and your prompt contains (?:at least )?(\d+) input/i,
    1,
    2,
  ],
  // TGI, Together: "`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 20 `inputs` tokens and 32000 `max_new_tokens`"
  [/tokens`? \+ `?max_new_tokens`? must be <= (\d+)\. Given: (\d+)/i, 1, 2],
  // Anthropic: "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"
  [/context limit: (\d+) \+ \d+ > (\d+)/i, 2, 1],
]

function statedLimit(text: string): number | undefined {
  const below = /to (\d+) \(exclusive\)/i.exec(text)
  if (below) return Number(below[1]) - 1
  for (const words of STATED) {
    const found = words.exec(text)
    if (found) return Number(found[1])
  }
  return undefined
}

/** How vendors state a limit, surest first. */
const STATED: readonly RegExp[] = [
  /\[\s*\d+\s*,\s*(\d+)\s*\]/,
  /between \d+ and (\d+)/i,
  /> (\d+),? which is the maximum/i,
  /(?:<=|at most|less than or equal to|no(?:t| more)? ?(?:exceed|than|larger than|greater than)|lower than or equal to|up to) ?[`'"]?(\d+)/i,
  /max(?:imum)? (?:allowed |value |number of )*(?:output |completion |new )?tokens?(?: limit)?(?: allowed)? ?(?:is|of|for this model is|:|\()+ ?[`'"]?(\d+)/i,
  /(?:model )?limit (?:of|is) ?[`'"]?(\d+)/i,
]

/** A limit in words that are not known: the largest number that is below what was asked for, and large enough for one. */
function guessedLimit(text: string, asked: number): number | undefined {
  if (!/at most|maximum|range|less than|<=|too large|exceed|must be|greater than/i.test(text)) return undefined
  const numbers = [...text.matchAll(/(?<![\w.-])\d{3,9}(?![\w-])/g)].map(([digits]) => Number(digits))
  const below = numbers.filter((number) => number < asked && number >= leastGuess)
  return below.length > 0 ? Math.max(...below) : undefined
}

const leastGuess = 512
