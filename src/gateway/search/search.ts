import { ModelError } from '../../canonical/error.ts'
import { isObject, parsePlainJson, type Json } from '../../canonical/json.ts'
import type { Ports } from '../../platform/ports.ts'
import type { FoundPage, SearchFailure, SearchOutcome, SearchWish } from '../../protocol/search-codec.ts'
import { explainFailure } from '../failure.ts'
import { redact, redactKeys } from '../redact.ts'
import { backends, type Question } from './backends.ts'
import { inDomains } from './domains.ts'
import { readWithin } from './read-within.ts'
import type { WebSearchSettings } from './settings.ts'

/** What a search is made with. */
export interface SearchParts {
  readonly settings: WebSearchSettings
  readonly ports: Pick<Ports, 'fetch' | 'now' | 'after' | 'log'>
  /** The call for which it is made. */
  readonly callId: string
  readonly signal: AbortSignal
}

/** Searches the web. What goes wrong is an outcome, too: rejects only if the client has gone away. */
export async function search(query: string, wish: SearchWish, parts: SearchParts): Promise<SearchOutcome> {
  const { settings, ports, callId, signal } = parts
  const { backend } = settings
  const startedAt = ports.now()
  const outcome = await attempt(query, wish, parts)
  if (signal.aborted) throw new ModelError('the client went away', { kind: 'aborted' })
  const durationMs = ports.now() - startedAt
  if ('pages' in outcome)
    ports.log('debug', 'web search', { call: callId, backend, durationMs, pages: outcome.pages.length })
  else ports.log('warn', `a web search failed: ${outcome.why}`, { call: callId, backend, durationMs })
  return outcome
}

async function attempt(query: string, wish: SearchWish, parts: SearchParts): Promise<SearchOutcome> {
  const { maxResults } = parts.settings
  const count = Math.max(1, Math.round(maxResults * SHARES[wish.size ?? 'medium']))
  const question = { query, count, wish }
  try {
    const first = await ask(question, parts)
    // Not every country is known to every engine.
    const isRefused = !('pages' in first) && REFUSALS.has(first.status ?? 0) && wish.country !== undefined
    const { country: _country, ...anywhere } = wish
    const answer = isRefused ? await ask({ query, count, wish: anywhere }, parts) : first
    if (!('pages' in answer)) return { code: answer.code, why: answer.why }
    return { pages: unique(inDomains(answer.pages, wish)).slice(0, count) }
  } catch (cause) {
    const { backend, baseUrl } = parts.settings
    const { message } = explainFailure(cause, { provider: backend, model: 'web search' }, new URL(baseUrl).host)
    return failure(
      'unavailable',
      cleaned(message.replaceAll('api_base_url', '`web_search.base_url`'), query, parts.settings),
    )
  }
}

/** How much a client wants to be found, as a share of what the config says. */
const SHARES = { low: 0.5, medium: 1, high: 1.5 } as const
const REFUSALS: ReadonlySet<number> = new Set([400, 422])
/** No list of pages is longer. */
const MOST_BYTES = 4_000_000

type Told = { readonly pages: FoundPage[] } | (SearchFailure & { readonly status?: number })

async function ask(question: Question, { settings, ports, signal }: SearchParts): Promise<Told> {
  const { backend, timeoutMs, proxy, ca } = settings
  const engine = backends[backend]
  const { url, method, headers, body } = engine.ask(question, settings)
  const timeout = new AbortController()
  const stop = ports.after(timeoutMs, () => timeout.abort())
  try {
    const response = await ports.fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      body,
      signal: AbortSignal.any([signal, timeout.signal]),
      proxy,
      ...(ca !== undefined && { ca }),
    })
    const text = await readWithin(response, MOST_BYTES)
    if (response.status !== 200) return refusal(response.status, text, question.query, settings)
    const answer = text === undefined ? undefined : jsonOf(text)
    if (!isObject(answer)) return failure('unavailable', `${backend} answered with something that is no list of pages`)
    return { pages: engine.pages(answer) }
  } catch (cause) {
    if (!timeout.signal.aborted) throw cause
    return failure('unavailable', `${backend} did not answer within ${timeoutMs} ms`)
  } finally {
    stop()
  }
}

function refusal(status: number, text: string | undefined, query: string, settings: WebSearchSettings): Told {
  const remedy = backends[settings.backend].remedies[status]
  const said = cleaned(text ?? '', query, settings)
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200)
  const why = `${settings.backend} answered ${status}${said === '' ? '' : `: ${said}`}${remedy ? ` (${remedy})` : ''}`
  return { ...failure(status === 429 ? 'too_many_requests' : 'unavailable', why), status }
}

function failure(code: SearchFailure['code'], why: string): SearchFailure {
  return { code, why }
}

/** Without the key, and without what was searched for, which is a text of the conversation. */
function cleaned(text: string, query: string, { apiKey }: WebSearchSettings): string {
  const said = query.length < SHORTEST_SAID ? [] : [query, encodeURIComponent(query)]
  const secrets = [...(apiKey === undefined ? [] : [apiKey]), ...said]
  return redactKeys(redact(text, secrets))
}

/** To cut out less would tear words apart. */
const SHORTEST_SAID = 4

function jsonOf(text: string): Json | undefined {
  try {
    return parsePlainJson(text)
  } catch {
    // A page of a proxy, say: what it is not, is told.
    return undefined
  }
}

function unique(pages: readonly FoundPage[]): FoundPage[] {
  return [...new Map(pages.toReversed().map((page) => [page.url, page])).values()].toReversed()
}
