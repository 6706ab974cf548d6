import type { ModelRequest } from '../../canonical/request.ts'
import { estimateInput, sumOf } from '../../router/estimate.ts'
import { estimateText } from '../../router/estimate-text.ts'
import { segmentsOf } from './segments.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What counting needs. */
export interface CountTools {
  /** Absent: the estimate serves. */
  readonly tokenizer?: Tokenizer
  /** Lets others have the thread for a moment. */
  readonly pause: () => Promise<void>
  /** Real tokens for one counted, as earlier usage showed. */
  readonly factor?: number
}

/**
 * How many tokens the input of a request has. Up to some 50,000 are counted one by one; of a larger text as much,
 * evenly spread over it, and the rest by the estimate, corrected by what was counted. Media go by their size.
 */
export async function countTokens(request: ModelRequest, tools: CountTools): Promise<number> {
  const { tokenizer, factor = 1 } = tools
  if (!tokenizer) return estimateInput(request, factor)
  const segments: string[] = []
  const rest = sumOf(request, (text) => {
    segmentsOf(text, segments)
    return 0
  })
  return Math.ceil(factor * (rest + (await countSegments(segments, tokenizer, tools.pause))))
}

/** Work units, about a microsecond each: the most that one request is worth, and what is done at a time. */
const mostWork = 50_000
const workAtATime = 4_000
/** A character outside of ASCII costs the tokenizer this much besides its tokens. */
const wideCharacterWork = 3
/** Tokens for a character above which a text is no words (base64, say): each token has to be merged from bytes. */
const denseText = 0.45

async function countSegments(
  segments: readonly string[],
  tokenizer: Tokenizer,
  pause: () => Promise<void>,
): Promise<number> {
  let counted = 0
  let estimated = 0
  let work = 0
  let nextPause = workAtATime
  for (const index of spread(segments.length)) {
    if (work > mostWork) return counted + remainder(segments, counted, estimated)
    const segment = segments[index] as string
    const tokens = tokenizer(segment)
    counted += tokens
    estimated += estimateText(segment)
    work += workOf(segment, tokens)
    if (work < nextPause) continue
    nextPause += workAtATime
    await pause()
  }
  return counted
}

function workOf(segment: string, tokens: number): number {
  const isDense = tokens > denseText * segment.length
  return tokens * (isDense ? 2 : 1) + wideCharacterWork * wideCharacters(segment)
}

function remainder(segments: readonly string[], counted: number, estimated: number): number {
  const whole = segments.reduce((sum, segment) => sum + estimateText(segment), 0)
  return estimated > 0 ? ((whole - estimated) * counted) / estimated : 0
}

/** Every index below `count` once, each stretch of them evenly spread: steps of the golden ratio. */
function* spread(count: number): Generator<number> {
  const step = coprimeNear(Math.round(count * 0.618), count)
  for (let done = 0, index = 0; done < count; done++, index = (index + step) % count) yield index
}

function coprimeNear(wanted: number, count: number): number {
  let step = Math.max(1, wanted)
  while (greatestCommonDivisor(step, count) !== 1) step++
  return step
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other)
}

function wideCharacters(text: string): number {
  let wide = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) wide++
  return wide
}
