import type { ModelEvent } from '../canonical/event.ts'
import type { Json } from '../canonical/json.ts'
import type { ModelRequest, Origin, Part } from '../canonical/request.ts'

/** How clients of one protocol ask for web searches that are not theirs to make, and how they are told of them. */
export interface SearchCodec {
  /** What the request wants of its searches, and the request without that wish; nothing if it has none. */
  take(request: ModelRequest): { readonly wish: SearchWish; readonly request: ModelRequest } | undefined
  /** Whether its clients bring back what was found. Else a search beside a call of their own is of no use. */
  readonly isRecalled: boolean
  /** How ids of searches begin. */
  readonly idPrefix: string
  /** Tells that the model wants to search. */
  begun(search: Pick<MadeSearch, 'id' | 'query'>): Part[]
  /** Tells what came of it. */
  ended(search: MadeSearch): Part[]
  /** The end of an answer for which searches were made. */
  finish(event: FinishEvent, made: readonly MadeSearch[]): FinishEvent
  /** What a part that a client brings back tells of an earlier search; nothing for any other part. */
  recall(part: Part): RecalledSearch | undefined
}

export type FinishEvent = Extract<ModelEvent, { type: 'finish' }>

/** What a client wants of the searches for one answer. */
export interface SearchWish {
  /** How many at most. */
  readonly maxUses?: number
  /** Only pages of these, if there are any; a domain may go on with the beginning of a path. */
  readonly allowedDomains: readonly string[]
  readonly blockedDomains: readonly string[]
  /** Where the user is: an ISO code of two letters. */
  readonly country?: string
  /** How much shall be found. */
  readonly size?: 'low' | 'medium' | 'high'
  /** The model has to search. */
  readonly isForced: boolean
}

/** One search, and what came of it. */
export interface MadeSearch {
  /** The client's name of it. */
  readonly id: string
  readonly query: string
  readonly outcome: SearchOutcome
}

export type SearchOutcome = { readonly pages: readonly FoundPage[] } | SearchFailure

export interface FoundPage {
  readonly url: string
  readonly title: string
  /** What of it answers the query. */
  readonly text: string
  /** When it was published or changed, in any spelling. */
  readonly age?: string
}

/** Why there are no pages: in Anthropic's word, and in words for the model, which hold no secret. */
export interface SearchFailure {
  readonly code: 'too_many_requests' | 'invalid_tool_input' | 'max_uses_exceeded' | 'unavailable'
  readonly why: string
}

/** A search of an earlier turn: that it was asked for, or what came of it. */
export type RecalledSearch =
  | { readonly type: 'call'; readonly id: string; readonly query: string }
  | {
      readonly type: 'result'
      readonly id: string
      /** Whether it was made here; another provider's can only be read there. */
      readonly isOwn: boolean
      readonly outcome: SearchOutcome
    }

/** Whose search it was, as that of a thing that only its origin can read. No provider's name holds a colon and a space. */
export const SEARCH_ORIGIN: Origin = { provider: 'ccr: web search', model: '' }

/** The request without its provider's web search, and whether that one had to be used. */
export function withoutSearchTool(request: ModelRequest): { request: ModelRequest; isForced: boolean } {
  const { toolChoice, ...others } = request
  const tools = request.tools.filter((tool) => tool.type !== 'server' || tool.kind !== 'web-search')
  const isForced =
    toolChoice?.type === 'tool' &&
    request.tools.some(({ name }) => name === toolChoice.name) &&
    !tools.some(({ name }) => name === toolChoice.name)
  return { request: { ...others, tools, ...(toolChoice && !isForced && { toolChoice }) }, isForced }
}

/** The texts of a list. */
export function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}
