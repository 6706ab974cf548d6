import { describe, expect, test } from 'bun:test'
import type { SearchWish } from '../../../src/protocol/search-codec.ts'
import { backends } from '../../../src/gateway/search/backends.ts'
import { countryName } from '../../../src/gateway/search/country.ts'
import { inDomains } from '../../../src/gateway/search/domains.ts'
import { plainText } from '../../../src/gateway/search/plain-text.ts'
import { SEARCH_BACKENDS } from '../../../src/gateway/search/settings.ts'
import { json } from '../../helper/answer.ts'
import { frames, messageOf, PAGES, searchStage, sent } from './stage.ts'

const NO_WISH = { allowedDomains: [], blockedDomains: [] } as const
const asked = (tool: object = {}) => ({
  model: 'mock-model',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'x' }],
  tools: [{ type: 'web_search_20250305', name: 'web_search', ...tool }],
})
const turns = [{ calls: [{ name: 'web_search', input: { query: 'bun 2' } }] }, { text: 'Yes.' }]

describe.each(SEARCH_BACKENDS)('%s', (backend) => {
  test('is asked for pages, which come out the same', async () => {
    await using stage = await searchStage({ backend, turns })
    const message = messageOf(await frames(await stage.ask('/v1/messages', asked())))
    expect(message.content[1].content).toMatchObject(PAGES.map(({ url, title }) => ({ url, title })))
    const [{ role, content }] = sent(stage.upstream.requests[1])['messages'].slice(-1)
    expect(role).toBe('tool')
    expect(content).toContain(`[1] ${PAGES[0].title}\n${PAGES[0].url}\n${PAGES[0].age}\n${PAGES[0].text}`)
  })

  test.each([{}, { results: 'none' }, { web: {} }, { results: [{}, 1, null, { url: 'javascript:alert(1)' }] }])(
    'may find nothing: %j',
    async (body) => {
      await using stage = await searchStage({ backend, turns, engine: () => json(body) })
      const message = messageOf(await frames(await stage.ask('/v1/messages', asked())))
      expect(message.content[1].content).toEqual([])
      expect(sent(stage.upstream.requests[1])['messages'].at(-1).content).toBe('Nothing was found.')
    },
  )
})

describe('what an engine is asked', () => {
  const settings = { baseUrl: 'https://engine.example/base', apiKey: 'key-1' }

  test('of Tavily', () => {
    const wish = {
      allowedDomains: ['a.example/docs'],
      blockedDomains: ['b.example'],
      country: { code: 'us', path: '' },
    }
    const { method, url, headers, body } = backends.tavily.ask({ query: 'q'.repeat(500), count: 50, wish }, settings)
    expect([method, url, headers['authorization']]).toEqual([
      'POST',
      'https://engine.example/base/search',
      'Bearer key-1',
    ])
    expect(JSON.parse(body)).toEqual({
      query: 'q'.repeat(400),
      max_results: 20,
      include_domains: ['a.example'],
      exclude_domains: ['b.example'],
      country: 'united states',
    })
  })

  test('of Brave', () => {
    const wish = {
      allowedDomains: ['a.example', 'b.example'],
      blockedDomains: ['c.example'],
      country: { code: 'de', path: '' },
    }
    const { method, url, headers } = backends.brave.ask({ query: 'x & y', count: 7, wish }, settings)
    const { pathname, searchParams } = new URL(url)
    expect([method, pathname, headers['x-subscription-token']]).toEqual(['GET', '/base/res/v1/web/search', 'key-1'])
    expect(Object.fromEntries(searchParams)).toMatchObject({
      q: 'x & y site:a.example OR site:b.example -site:c.example',
      count: '7',
      country: 'DE',
    })
  })

  test('of SearXNG, which needs no key', () => {
    const { method, url, headers } = backends.searxng.ask(
      { query: 'x', count: 5, wish: NO_WISH },
      { baseUrl: 'http://127.0.0.1:8888' },
    )
    expect([method, url, headers]).toEqual(['GET', 'http://127.0.0.1:8888/search?q=x&format=json', {}])
  })

  test('again without the country, if it does not know that', async () => {
    await using stage = await searchStage({
      backend: 'brave',
      turns,
      engine: (request) => (request.serial === 0 ? json({}, 422) : json({ web: { results: [PAGES[0]] } })),
    })
    const place = { user_location: { type: 'approximate', country: 'AQ' } }
    const message = messageOf(await frames(await stage.ask('/v1/messages', asked(place))))
    expect(message.content[1].content).toMatchObject([{ url: PAGES[0].url }])
    expect(stage.searcher.requests.map(({ query }) => query.get('country'))).toEqual(['AQ', null])
  })
})

test.each([
  [
    '/v1/messages',
    {
      messages: [{ role: 'user', content: 'x' }],
      max_tokens: 9,
      tools: [
        {
          type: 'web_search_20260209',
          name: 'web_search',
          max_uses: 1,
          allowed_callers: ['direct'],
          user_location: { type: 'approximate', country: 'US', city: 'Boston' },
        },
      ],
    },
    ['tools[0].allowed_callers', 'tools[0].user_location.city', 'tools[0].user_location.country'],
  ],
  [
    '/v1/responses',
    {
      input: 'x',
      tools: [{ type: 'web_search', external_web_access: false, filters: null, user_location: { timezone: 'UTC' } }],
    },
    ['tools[0].external_web_access', 'tools[0].user_location.timezone'],
  ],
  [
    '/v1/chat/completions',
    {
      messages: [{ role: 'user', content: 'x' }],
      web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Boston' } } },
    },
    ['web_search_options.user_location.approximate.city'],
  ],
  [
    '/v1beta/models/mock-model:generateContent',
    {
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
      tools: [{ googleSearch: { timeRangeFilter: {}, excludeDomains: ['a.example'] } }],
    },
    ['tools.googleSearch.timeRangeFilter'],
  ],
])('what no engine is told of the wish is listed: %s', async (path, body, lost) => {
  await using stage = await searchStage({ backend: 'searxng', turns })
  const response = await stage.ask(path, { model: 'mock-model', ...body })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-ccr-dropped')?.split(' ')).toEqual(lost)
  expect(stage.searcher.requests).toHaveLength(1)
})

test.each<[domains: Partial<SearchWish>, left: number[]]>([
  [{}, [0, 1, 2]],
  [{ allowedDomains: ['example.org'] }, [0, 1]],
  [{ allowedDomains: ['https://www.example.org/docs'] }, [1]],
  [{ blockedDomains: ['docs.example.org'] }, [0, 2]],
  [{ allowedDomains: ['example.org'], blockedDomains: ['example.org'] }, []],
  [{ allowedDomains: ['ample.org'] }, []],
  [{ allowedDomains: ['::'] }, []],
])('of the pages only those of %j are left', (wish, left) => {
  const urls = ['https://example.org/a', 'https://docs.example.org/docs/b', 'https://other.example/example.org']
  const pages = urls.map((url) => ({ url, title: url, text: '' }))
  const found = inDomains(pages, { ...NO_WISH, isForced: false, ...wish })
  expect(found.map(({ url }) => urls.indexOf(url))).toEqual(left)
})

test.each([
  ['US', 'united states'],
  ['de', 'germany'],
  ['ZZ', undefined],
  ['usa', undefined],
  ['CI', undefined],
])('the country %s is %p', (code, name) => {
  expect(countryName(code)).toBe(name)
})

test('a text is plain and of bounded length, whatever an engine sends', () => {
  expect(plainText(' <strong>A</strong> &amp; B &lt;i&gt; <T>x</T> ')).toBe('A & B <i> <T>x</T>')
  expect(plainText('😀'.repeat(100_000))).toHaveLength(3001)
})
