import { asString, isObject, omit, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest, Part } from '../../canonical/request.ts'
import {
  countryIn,
  SEARCH_ORIGIN,
  textsIn,
  unheard,
  withoutSearchTool,
  type FoundPage,
  type MadeSearch,
  type RecalledSearch,
  type SearchCodec,
} from '../search-codec.ts'
import { sizeOf } from '../search-words.ts'
import { wholeItem } from './items.ts'
import { ID } from './residue.ts'

/**
 * Searches as items of a response. The item of a search has no place for what was found, so that goes along as reasoning that
 * nobody else can read: clients bring that back with it.
 */
export const searchCodec: SearchCodec = {
  isRecalled: true,
  idPrefix: 'ws_',
  take(request) {
    const index = request.tools.findIndex((each) => each.type === 'server' && each.kind === 'web-search')
    if (index < 0) return undefined
    const path = `tools[${index}]`
    const rest = restFor(request.tools[index]?.native, ID) ?? {}
    const { filters, user_location, search_context_size } = rest
    const size = sizeOf(search_context_size)
    const { request: left, isForced } = withoutSearchTool(request)
    const choice = withoutChoice(left)
    return {
      wish: {
        allowedDomains: isObject(filters) ? textsIn(filters.allowed_domains) : [],
        blockedDomains: isObject(filters) ? textsIn(filters.blocked_domains) : [],
        ...countryIn(user_location, `${path}.user_location`),
        ...(size && { size }),
        isForced: isForced || choice.isForced,
      },
      request: choice.request,
      lost: [
        ...unheard(rest, path, OPTIONS),
        ...unheard(filters, `${path}.filters`, FILTERS),
        ...unheard(user_location, `${path}.user_location`, PLACE),
      ],
    }
  },
  begun: () => [],
  ended: (search) => [wholeItem(itemOf(search)), carrierOf(search)],
  finish: (event) => event,
  recall,
}

const OPTIONS = ['type', 'filters', 'user_location', 'search_context_size']
const FILTERS = ['allowed_domains', 'blocked_domains']
const PLACE = ['type', 'country']

/** This protocol names its own tools by their type alone. */
function withoutChoice(request: ModelRequest): { request: ModelRequest; isForced: boolean } {
  const { native } = request
  const choice = restFor(native, ID)?.tool_choice
  const isForced = isObject(choice) && asString(choice.type)?.startsWith('web_search') === true
  if (!native || !isForced) return { request, isForced: false }
  return { request: { ...request, native: { ...native, rest: omit(native.rest, CHOICE) } }, isForced }
}

const CHOICE: ReadonlySet<string> = new Set(['tool_choice'])

function itemOf({ id, query, outcome }: MadeSearch): JsonObject {
  const isFound = 'pages' in outcome
  const sources = isFound ? outcome.pages.map(({ url }) => ({ type: 'url', url })) : []
  return {
    type: 'web_search_call',
    id,
    status: isFound ? 'completed' : 'failed',
    action: { type: 'search', query, queries: [query], sources },
  }
}

function carrierOf({ id, outcome }: MadeSearch): Part {
  const encrypted = JSON.stringify({ id, ...outcome })
  return { type: 'reasoning', text: '', encrypted, origin: SEARCH_ORIGIN }
}

function recall(part: Part): RecalledSearch | undefined {
  if (part.type === 'reasoning' && part.origin?.provider === SEARCH_ORIGIN.provider) return carriedIn(part.encrypted)
  const item = part.type === 'native' ? restFor(part.native, ID) : undefined
  if (item?.type !== 'web_search_call' || typeof item.id !== 'string' || !isObject(item.action)) return undefined
  const { query, queries } = item.action
  return { type: 'call', id: item.id, query: asString(query) ?? textsIn(queries).join('; ') }
}

function carriedIn(text = ''): RecalledSearch | undefined {
  const carried = readCarried(text)
  if (!isObject(carried) || typeof carried.id !== 'string') return undefined
  const { id, pages, why } = carried
  if (!Array.isArray(pages))
    return { type: 'result', id, isOwn: true, outcome: { code: 'unavailable', why: asString(why) ?? '' } }
  return { type: 'result', id, isOwn: true, outcome: { pages: pages.filter(isObject).map(pageOf) } }
}

function pageOf(page: JsonObject): FoundPage {
  const url = asString(page.url) ?? ''
  const age = asString(page.age)
  return { url, title: asString(page.title) ?? url, text: asString(page.text) ?? '', ...(age !== undefined && { age }) }
}

function readCarried(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    // A client has changed it: then nothing is known of the search.
    return undefined
  }
}
