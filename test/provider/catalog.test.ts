import { describe, expect, test } from 'bun:test'
import { protocols } from '../../src/protocol/index.ts'
import { fillRow, valuesIn } from '../../src/provider/catalog/fill.ts'
import { hasUrl, rowAt } from '../../src/provider/catalog/find.ts'
import { catalog, catalogNames, rowNamed } from '../../src/provider/catalog/index.ts'
import type { CatalogRow } from '../../src/provider/catalog/row.ts'

const rows = catalog.map((row) => [row.name, row] as const)
const valuesOf = (parameters: CatalogRow['parameters'] = {}) =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { from }]) => (from ? [] : [[name, name === 'port' ? '4000' : 'mine']])),
  )

describe('a row of the catalog', () => {
  test.each(rows)(
    '%s has URLs that can be called, in protocols that are spoken, each once for a model',
    (_name, row) => {
      const { endpoints, missing } = fillRow(row, { values: valuesOf(row.parameters) })
      expect(missing).toEqual([])
      expect(endpoints.length).toBeGreaterThan(0)
      for (const { protocol, baseUrl, serves } of endpoints) {
        const url = new URL(baseUrl)
        expect(url.href.replace(/\/$/, '')).toBe(baseUrl)
        expect(baseUrl).not.toMatch(/[{}[\]\s]/)
        expect(url.protocol).toBe(url.hostname === '127.0.0.1' ? 'http:' : 'https:')
        expect(Object.keys(protocols)).toContain(protocol)
        expect(() => new RegExp(serves ?? '')).not.toThrow()
      }
      const spoken = endpoints.filter(({ serves }) => serves === undefined).map(({ protocol }) => protocol)
      expect(spoken).toEqual([...new Set(spoken)])
    },
  )

  test.each(rows)('%s says where its facts come from, and has words for whoever chooses it', (_name, row) => {
    expect(row.sources.length).toBeGreaterThan(0)
    for (const source of row.sources) expect(source).toMatch(/^https:\/\/\S+$|^README\.md$/)
    expect(row.title).not.toBe('')
    expect(row.example).not.toBe('')
    for (const variable of row.keys ?? []) expect(variable).toMatch(/^[A-Z][A-Z0-9_]+$/)
  })

  test.each(rows)('%s needs a key, unless it is a program of this machine or proves itself otherwise', (_name, row) => {
    const isHere = row.endpoints.every(({ url }) => url.startsWith('http://127.0.0.1'))
    const provesItself = row.endpoints.every(({ auth }) => auth === 'aws-sigv4' || auth === 'google')
    expect(row.keys === undefined).toBe(isHere || provesItself)
  })

  test.each(rows)('%s is found by each of its names, however they are spelt', (_name, row) => {
    for (const name of [row.name, ...(row.aliases ?? [])]) {
      expect(rowNamed(name)).toBe(row)
      expect(rowNamed(` ${name.toUpperCase().replaceAll('-', '_')} `)).toBe(row)
    }
  })

  test('has names that are nobody else’s', () => {
    const plain = catalogNames().map((name) => name.toLowerCase().replaceAll(/[-_.]/g, ''))
    expect(plain.filter((name, index) => plain.indexOf(name) !== index)).toEqual([])
  })

  test.each(['', 'nobody', 'deep seek extra', '__proto__', 'constructor'])('is not found by %p', (name) => {
    expect(rowNamed(name)).toBeUndefined()
  })
})

describe('a URL', () => {
  const remote = rows.filter(([, row]) => row.endpoints.some(({ url }) => url.startsWith('https:')))

  test.each(remote)('of %s is known again, with what it says of the row’s parameters', (_name, row) => {
    const { endpoints } = fillRow(row, { values: valuesOf(row.parameters) })
    for (const endpoint of endpoints) {
      expect(hasUrl(row, endpoint)).toBe(true)
      const found = rowAt(endpoint)
      expect(found && hasUrl(found, endpoint)).toBe(true)
    }
  })

  test.each([
    ['https://api.deepseek.com/v1', 'openai-chat', 'deepseek'],
    ['https://api.deepseek.com', 'openai-chat', 'deepseek'],
    ['https://api.z.ai/api/coding/paas/v4', 'openai-chat', 'zai-coding'],
    ['https://api.z.ai/api/paas/v4', 'openai-chat', 'zai'],
    ['https://api.z.ai/something/else', 'openai-chat', 'zai'],
    ['https://me.openai.azure.com/openai/deployments/gpt-4o', 'openai-chat', 'azure'],
    ['https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi', 'openai-chat', 'vertex'],
    [
      'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/google',
      'gemini',
      'vertex',
    ],
    ['https://models.github.ai/inference', 'openai-chat', 'github-models'],
    ['https://models.github.ai/orgs/mine/inference', 'openai-chat', 'github-models'],
  ] as const)('%s (%s) belongs to %s', (baseUrl, protocol, name) => {
    expect(rowAt({ baseUrl, protocol })?.name).toBe(name)
  })

  test.each([
    'https://api.deepseek.com.evil.example/v1',
    'https://evil.example/api.deepseek.com',
    'https://notapi.deepseek.com/v1',
    'http://127.0.0.1:11434/v1',
    'https://apiXdeepseek.com/v1',
    'https://localhost/v1/projects/p/locations/global/endpoints/openapi',
    'https://evil-aiplatform.googleapis.com.example/v1',
  ])('%s belongs to nobody', (baseUrl) => {
    expect(rowAt({ baseUrl, protocol: 'openai-chat' })).toBeUndefined()
  })

  test('says the parameters that stand in it', () => {
    const row = rowNamed('cloudflare-gateway')
    if (!row) throw new Error('the row is gone')
    const baseUrl = 'https://gateway.ai.cloudflare.com/v1/acc/gate/compat'
    expect(valuesIn(row, { baseUrl })).toEqual({ account: 'acc', gateway: 'gate' })
    expect(valuesIn(row, { baseUrl: 'https://gateway.ai.cloudflare.com/v1/acc' })).toBeUndefined()
  })

  test.each([
    ['global', 'aiplatform.googleapis.com'],
    ['us', 'aiplatform.us.rep.googleapis.com'],
    ['eu', 'aiplatform.eu.rep.googleapis.com'],
    ['us-east5', 'us-east5-aiplatform.googleapis.com'],
  ])('of Vertex has the host of the region %s', (region, host) => {
    const row = rowNamed('vertex')
    if (!row) throw new Error('the row is gone')
    const [claude] = fillRow(row, { values: { project: 'p', region, credentials: '/sa.json' } }).endpoints
    expect(claude?.baseUrl).toBe(`https://${host}/v1/projects/p/locations/${region}/publishers/anthropic`)
    expect(claude?.authOptions).toEqual({ credentials: '/sa.json' })
  })

  test('a parameter cannot lead out of its place', () => {
    const row = rowNamed('azure')
    if (!row) throw new Error('the row is gone')
    for (const { baseUrl } of fillRow(row, { values: { resource: 'evil.example/x?' } }).endpoints)
      expect(URL.parse(baseUrl)?.hostname ?? 'none').not.toMatch(/^evil\.example$/)
  })
})
