import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { FoundPage, SearchWish } from '../../protocol/search-codec.ts'
import { countryName } from './country.ts'
import { plainText } from './plain-text.ts'
import type { SearchBackendName, WebSearchSettings } from './settings.ts'

/** What is asked of a search engine. */
export interface Question {
  readonly query: string
  readonly count: number
  readonly wish: Pick<SearchWish, 'allowedDomains' | 'blockedDomains' | 'country'>
}

/** A request to a search engine. */
export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How a search engine is asked, and answers. */
export interface SearchBackend {
  ask(question: Question, settings: Pick<WebSearchSettings, 'baseUrl' | 'apiKey'>): Asked
  pages(answer: Json): FoundPage[]
  /** Whether it takes a country. */
  readonly knowsCountries: boolean
  /** What the user can do about a refusal with this status. */
  readonly remedies: Readonly<Record<number, string>>
}

const badKey = 'is `web_search.api_key` right?'

export const backends: Readonly<Record<SearchBackendName, SearchBackend>> = {
  // https://docs.tavily.com/documentation/api-reference/endpoint/search
  tavily: {
    ask: ({ query, count, wish }, { baseUrl, apiKey }) => {
      const { allowedDomains, blockedDomains } = wish
      const country = countryName(wish.country?.code)
      return {
        method: 'POST',
        url: `${baseUrl}/search`,
        headers: { 'content-type': 'application/json', ...bearer(apiKey) },
        body: JSON.stringify({
          query: clipped(query),
          max_results: Math.min(count, 20),
          ...(allowedDomains.length > 0 && { include_domains: allowedDomains.map(hostOf) }),
          ...(blockedDomains.length > 0 && {
            exclude_domains: blockedDomains.filter((domain) => !domain.includes('/')),
          }),
          ...(country !== undefined && { country }),
        }),
      }
    },
    pages: (answer) => listAt(answer, 'results').flatMap((each) => page(each, each.content, each.published_date)),
    knowsCountries: true,
    remedies: { 401: badKey, 403: badKey, 432: "the plan's limit is reached", 433: "the plan's limit is reached" },
  },
  // https://api-dashboard.search.brave.com/documentation/services/web-search
  brave: {
    ask: ({ query, count, wish }, { baseUrl, apiKey }) => ({
      method: 'GET',
      url: withQuery(`${baseUrl}/res/v1/web/search`, {
        q: withSites(clipped(query), wish),
        count: String(Math.min(count, 20)),
        result_filter: 'web',
        text_decorations: 'false',
        country: wish.country?.code.toUpperCase(),
      }),
      headers: { ...(apiKey !== undefined && { 'x-subscription-token': apiKey }) },
      body: '',
    }),
    pages: (answer) =>
      listAt(isObject(answer) ? answer.web : undefined, 'results').flatMap((each) => {
        const extra = Array.isArray(each.extra_snippets) ? each.extra_snippets : []
        const texts = [each.description, ...extra].filter((text) => typeof text === 'string')
        return page(each, texts.join('\n'), each.page_age ?? each.age)
      }),
    knowsCountries: true,
    remedies: { 401: badKey, 403: badKey, 422: badKey },
  },
  // https://docs.searxng.org/dev/search_api.html
  searxng: {
    ask: ({ query, wish }, { baseUrl, apiKey }) => ({
      method: 'GET',
      url: withQuery(`${baseUrl}/search`, { q: withSites(query, wish), format: 'json' }),
      headers: bearer(apiKey),
      body: '',
    }),
    pages: (answer) => listAt(answer, 'results').flatMap((each) => page(each, each.content, each.publishedDate)),
    knowsCountries: false,
    remedies: { 403: 'its settings.yml must allow `json` below `search.formats`' },
  },
}

/** Tavily and Brave refuse more. */
const LONGEST_QUERY = 400

function clipped(query: string): string {
  return query.length > LONGEST_QUERY ? query.slice(0, LONGEST_QUERY).toWellFormed() : query
}

function bearer(apiKey: string | undefined): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
}

function withQuery(url: string, fields: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value)
  return `${url}?${query.toString()}`
}

/** With more of them the query would be too long; all are looked at again in what comes. */
const MOST_SITES = 5

function withSites(query: string, { allowedDomains, blockedDomains }: Question['wish']): string {
  const only = allowedDomains.length > MOST_SITES ? [] : allowedDomains.map((domain) => `site:${domain}`)
  const without = blockedDomains.slice(0, MOST_SITES).map((domain) => `-site:${domain}`)
  return [query, only.join(' OR '), ...without].filter((text) => text !== '').join(' ')
}

function hostOf(domain: string): string {
  return domain.split('/')[0] ?? domain
}

function listAt(value: Json | undefined, key: string): JsonObject[] {
  const list = isObject(value) ? value[key] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

function page({ url, title }: JsonObject, text: Json | undefined, age: Json | undefined): FoundPage[] {
  const address = URL.parse(asString(url) ?? '')
  if (!address || !/^https?:$/.test(address.protocol)) return []
  const name = plainText(asString(title) ?? '')
  const when = asString(age)
  return [
    {
      url: address.href,
      title: name || address.href,
      text: plainText(asString(text) ?? ''),
      ...(when && { age: when }),
    },
  ]
}
