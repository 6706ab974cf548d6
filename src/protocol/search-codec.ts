import type { ModelEvent } from '../canonical/event.ts'
import { asString, isObject, type Json } from '../canonical/json.ts'
import type { ModelRequest, Origin, Part } from '../canonical/request.ts'
import type { Dropped } from './protocol.ts'

/** How clients of one protocol ask for web searches that are not theirs to make, and how they are told of them. */
export interface SearchCodec {
  /** What the request wants of its searches; nothing if it has no such wish. */
  take(request: ModelRequest): TakenWish | undefined
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

export interface TakenWish {
  readonly wish: SearchWish
  /** The request without it. */
  readonly request: ModelRequest
  /** What of it no search engine is told. */
  readonly lost: readonly Dropped[]
}

/** What a client wants of the searches for one answer. */
export interface SearchWish {
  /** How many at most. */
  readonly maxUses?: number
  /** Only pages of these, if there are any; a domain may go on with the beginning of a path. */
  readonly allowedDomains: readonly string[]
  readonly blockedDomains: readonly string[]
  /** Where the user is: an ISO code of two letters, and where that stands in the request. */
  readonly country?: { readonly code: string; readonly path: string }
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

/** Where the user is, from an object that says so at `path`. */
export function countryIn(place: Json | undefined, path: string): Pick<SearchWish, 'country'> {
  const code = isObject(place) ? asString(place.country) : undefined
  return code === undefined ? {} : { country: { code, path: `${path}.country` } }
}

/** The keys of an object at `path` that no search engine is told of. */
export function unheard(object: Json | undefined, path: string, heard: readonly string[]): Dropped[] {
  if (!isObject(object)) return []
  const keys = Object.keys(object).filter((key) => !heard.includes(key) && object[key] !== null)
  return keys.map((key) => ({ path: `${path}.${key}`, why: 'search engines have no such option' }))
}

/** The texts of a list. */
export function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}
