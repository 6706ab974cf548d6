import {
  EFFORTS,
  type Effort,
  type Message,
  type ModelRequest,
  type Part,
  type ReasoningOption,
} from '../../canonical/request.ts'
import { didYouMean } from '../../config/suggest.ts'
import type { Caller } from '../../gateway/chooser.ts'
import { estimateInput } from '../../router/estimate.ts'
import { Failure } from '../failure.ts'
import type { Asked } from './request.ts'

/** What the options of the command say of a request. */
export interface ExplainFlags {
  readonly model?: string | undefined
  readonly client?: string | undefined
  readonly tokens?: string | undefined
  readonly session?: string | undefined
  readonly project?: string | undefined
  readonly key?: string | undefined
  readonly prompt?: string | undefined
  readonly system?: string | undefined
  readonly tools?: string | undefined
  readonly effort?: string | undefined
  readonly thinking?: boolean | undefined
  readonly image?: boolean | undefined
}

/** A request with what the options say instead of, or besides, what it says itself. */
export function withFlags({ request, caller }: Asked, flags: ExplainFlags, headers: readonly string[]): Asked {
  return { request: sized(changed(request, flags), flags.tokens), caller: calledBy(caller, flags, headers) }
}

function changed(request: ModelRequest, flags: ExplainFlags): ModelRequest {
  const prompt: Part[] = [
    ...(flags.prompt === undefined ? [] : [textPart(flags.prompt)]),
    ...(flags.image === true ? [picture] : []),
  ]
  const told = [...(flags.system === undefined ? [] : [flags.system]), ...placeOf(flags.project)]
  const names = flags.tools?.split(',').flatMap((name) => name.trim() || [])
  return {
    ...request,
    ...(flags.model !== undefined && { model: flags.model }),
    // In front: what a request says of its folder itself stands behind it.
    system: [...told.map(textPart), ...request.system],
    messages: prompt.length > 0 ? [...request.messages, { role: 'user', parts: prompt }] : request.messages,
    ...(names && { tools: names.map((name) => ({ type: 'function', name, schema: {} }) as const) }),
    ...((flags.thinking === true || flags.effort !== undefined) && { reasoning: reasoningOf(request, flags) }),
  }
}

const picture: Part = { type: 'media', kind: 'image', source: { type: 'url', url: 'https://example.com/image.png' } }

function textPart(text: string) {
  return { type: 'text', text } as const
}

function placeOf(project: string | undefined): string[] {
  return project === undefined ? [] : [`Working directory: ${project}`]
}

function reasoningOf({ reasoning }: ModelRequest, { thinking, effort }: ExplainFlags): ReasoningOption {
  return {
    ...reasoning,
    ...(thinking === true && { mode: 'on' }),
    ...(effort !== undefined && { effort: effortOf(effort) }),
  }
}

function effortOf(written: string): Effort {
  const effort = EFFORTS.find((known) => known === written)
  if (effort) return effort
  throw new Failure(`ccr explain: --effort is one of ${EFFORTS.join(', ')}; ${didYouMean(written, EFFORTS) ?? ''}`)
}

/** The request with as much text more as it takes to be about so long. */
function sized(request: ModelRequest, written: string | undefined): ModelRequest {
  if (written === undefined) return request
  const wanted = Number(written.replaceAll(/[_,.](?=\d{3})/g, ''))
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > MOST_TOKENS)
    throw new Failure(`ccr explain: --tokens needs a whole number up to ${MOST_TOKENS}`)
  const missing = wanted - estimateInput(request)
  if (missing <= 0) return request
  const filled = (words: number): ModelRequest => ({ ...request, messages: [filler(words), ...request.messages] })
  const each = (estimateInput(filled(1000)) - estimateInput(filled(0))) / 1000
  return filled(Math.round((missing - (estimateInput(filled(0)) - estimateInput(request))) / each))
}

const MOST_TOKENS = 10_000_000

function filler(words: number): Message {
  return { role: 'system', parts: [{ type: 'text', text: 'word '.repeat(Math.max(0, words)) }] }
}

function calledBy(caller: Caller, { client, session, key }: ExplainFlags, written: readonly string[]): Caller {
  return {
    ...caller,
    ...(key !== undefined && { keyLabel: key }),
    headers: {
      ...caller.headers,
      ...(client !== undefined && { 'user-agent': client.replace('@', '/') }),
      ...(session !== undefined && { 'x-claude-code-session-id': session }),
      ...Object.fromEntries(written.map(headerOf)),
    },
  }
}

function headerOf(written: string): [string, string] {
  const [, name, value = ''] = /^([^:=\s]+)\s*[:=]\s*([^]*)$/.exec(written) ?? []
  if (name === undefined) throw new Failure(`ccr explain: --header needs \`name: value\`, not \`${written}\``)
  return [name.toLowerCase(), value]
}
