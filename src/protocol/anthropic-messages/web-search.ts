import { asNumber, asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { seal, unseal } from '../sealed.ts'
import {
  countryIn,
  SEARCH_ORIGIN,
  textsIn,
  unheard,
  withoutSearchTool,
  type FinishEvent,
  type FoundPage,
  type MadeSearch,
  type RecalledSearch,
  type SearchCodec,
  type SearchFailure,
  type SearchOutcome,
} from '../search-codec.ts'
import { nativePart } from './parts.ts'
import { ID } from './residue.ts'

/** Searches in Anthropic's blocks: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
export const searchCodec: SearchCodec = {
  isRecalled: true,
  idPrefix: 'srvtoolu_',
  take(request) {
    const index = request.tools.findIndex((each) => each.type === 'server' && each.kind === 'web-search')
    if (index < 0) return undefined
    const path = `tools[${index}]`
    const rest = restFor(request.tools[index]?.native, ID) ?? {}
    const { max_uses, allowed_domains, blocked_domains, user_location } = rest
    const maxUses = asNumber(max_uses)
    const { request: left, isForced } = withoutSearchTool(request)
    const wish = {
      ...(maxUses !== undefined && { maxUses }),
      allowedDomains: textsIn(allowed_domains),
      blockedDomains: textsIn(blocked_domains),
      ...countryIn(user_location, `${path}.user_location`),
      isForced,
    }
    const lost = [...unheard(rest, path, OPTIONS), ...unheard(user_location, `${path}.user_location`, PLACE)]
    return { wish, request: left, lost }
  },
  begun: ({ id, query }) => [nativePart({ type: 'server_tool_use', id, name: NAME, input: { query } })],
  ended: ({ id, outcome }) => [nativePart({ type: RESULT, tool_use_id: id, content: contentOf(outcome) })],
  finish: withCount,
  recall,
}

const OPTIONS = ['type', 'max_uses', 'allowed_domains', 'blocked_domains', 'user_location']
const PLACE = ['type', 'country']
const NAME = 'web_search'
const RESULT = 'web_search_tool_result'

function contentOf(outcome: SearchOutcome): Json {
  if (!('pages' in outcome)) return { type: 'web_search_tool_result_error', error_code: outcome.code }
  return outcome.pages.map(({ url, title, text, age = null }) => ({
    type: 'web_search_result',
    url,
    title,
    // Clients bring it back as it is: so the next turn knows what was found.
    encrypted_content: seal({ kind: 'encrypted', origin: SEARCH_ORIGIN, value: text }),
    page_age: age,
  }))
}

/** The provider's word for its end says nothing of an answer that is made of several. */
function withCount({ reason, native }: FinishEvent, made: readonly MadeSearch[]): FinishEvent {
  const isOwn = native?.protocol === ID
  const rest = isOwn ? native.rest : {}
  const usage = {
    ...(isOwn ? {} : NOTHING),
    ...(isObject(rest.usage) && rest.usage),
    server_tool_use: { web_search_requests: made.filter(({ outcome }) => 'pages' in outcome).length },
  }
  const { raw, ...plain } = reason
  return {
    type: 'finish',
    reason: isOwn && raw !== undefined && reason.kind === 'other' ? reason : plain,
    native: { protocol: ID, rest: { ...rest, usage } },
  }
}

const NOTHING = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }

function recall(part: Part): RecalledSearch | undefined {
  const block = part.type === 'native' ? restFor(part.native, ID) : undefined
  if (block?.type === 'server_tool_use' && block.name === NAME && typeof block.id === 'string') {
    const query = isObject(block.input) ? asString(block.input.query) : undefined
    return { type: 'call', id: block.id, query: query ?? '' }
  }
  if (block?.type !== RESULT || typeof block.tool_use_id !== 'string') return undefined
  const { tool_use_id: id, content } = block
  if (!Array.isArray(content)) return { type: 'result', id, isOwn: false, outcome: failureIn(content) }
  const results = content.filter(isObject)
  const isOwn = results.some((result) => ownText(result) !== undefined)
  return { type: 'result', id, isOwn, outcome: { pages: results.map(pageOf) } }
}

function failureIn(content: Json | undefined): SearchFailure {
  const code = isObject(content) ? (asString(content.error_code) ?? 'unavailable') : 'unavailable'
  return { code: 'unavailable', why: code }
}

function pageOf(result: JsonObject): FoundPage {
  const url = asString(result.url) ?? ''
  const age = asString(result.page_age)
  return { url, title: asString(result.title) ?? url, text: ownText(result) ?? '', ...(age !== undefined && { age }) }
}

function ownText(result: JsonObject): string | undefined {
  const sealed = unseal(asString(result.encrypted_content) ?? '')
  return sealed?.origin?.provider === SEARCH_ORIGIN.provider ? sealed.value : undefined
}
