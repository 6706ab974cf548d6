import { describe, expect, test } from 'bun:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import { DEFAULT_BREAKER, DEFAULT_RETRY } from '../../src/provider/resilience.ts'

const row = { name: 'a', api_base_url: 'https://a.example/v1', models: ['m'] }
const resolve = (top: object, provider: object = { api_key: 'key-0' }) => {
  const written = { Providers: [{ ...row, ...provider }], Router: { default: 'a,m' }, ...top }
  const { config, problems } = resolveConfig(JSON.parse(JSON.stringify(written)), { SECOND: 'key-2' })
  return { config, provider: config.providers[0], told: problems.map(({ message }) => message) }
}

describe('several keys', () => {
  test('are read in order, each once, with the variables of the environment', () => {
    const { provider, told } = resolve({}, { api_key: 'key-1', api_keys: ['key-1', '$SECOND', 'key-3'] })
    expect(provider).toMatchObject({ apiKey: 'key-1', apiKeys: ['key-1', 'key-2', 'key-3'] })
    expect(told).toEqual([])
  })

  test('do without `api_key`', () => {
    const { provider, told } = resolve({}, { api_keys: ['key-1', 'key-2'] })
    expect(provider).toMatchObject({ apiKey: 'key-1', apiKeys: ['key-1', 'key-2'] })
    expect(told).toEqual([])
  })

  test('one that is none is left out, and told with its place', () => {
    const { provider, told } = resolve({}, { api_keys: ['key-1', '$UNSET'] })
    expect(provider?.apiKey).toBe('key-1')
    expect(provider?.apiKeys).toBeUndefined()
    expect(told).toEqual(['provider `a`: the variable UNSET of this key is not set; it counts as no key'])
  })

  test('are called apiKeys in a file with endpoints', () => {
    const { config, problems } = resolveConfig(
      { endpoints: [{ name: 'a', type: 'openai', apiKeys: ['key-1', 'key-2'] }] },
      {},
    )
    expect(config.providers[0]?.apiKeys).toEqual(['key-1', 'key-2'])
    expect(problems).toEqual([])
  })
})

describe('retry and breaker', () => {
  test('have values for those who say nothing; nothing is tried longer than API_TIMEOUT_MS', () => {
    expect(resolve({ API_TIMEOUT_MS: 9000 }).provider).toMatchObject({
      retry: { ...DEFAULT_RETRY, budgetMs: 9000 },
      breaker: DEFAULT_BREAKER,
    })
  })

  test('of a provider come over those of the whole config, value by value', () => {
    const { provider, told } = resolve(
      { retry: { attempts: 5, pause: 10 }, breaker: { failures: 2 } },
      { api_key: 'key-0', retry: { attempts: '2', budget: 1000 }, breaker: { rest: 50 } },
    )
    expect(provider).toMatchObject({
      retry: { attempts: 2, pauseMs: 10, budgetMs: 1000, mostAttempts: 8 },
      breaker: { failures: 2, restMs: 50 },
    })
    expect(told).toEqual([])
  })

  test('can be switched off, for all or for one', () => {
    expect(resolve({ retry: false }).provider?.retry?.attempts).toBe(1)
    expect(resolve({ retry: false }, { api_key: 'key-0', retry: { attempts: 2 } }).provider?.retry?.attempts).toBe(2)
    expect(resolve({ retry: { attempts: 2 } }, { api_key: 'key-0', retry: false }).provider?.retry?.attempts).toBe(1)
    expect(resolve({ breaker: false }).provider?.breaker?.failures).toBeGreaterThan(1e9)
  })

  test('that cannot be read are told', () => {
    expect(resolve({ retry: { attempts: 0 } }).told).toEqual([
      '`retry.attempts`: expected a number, 1 or more, found the number 0',
    ])
    expect(resolve({ retry: 'often' }).told[0]).toContain('expected false or an object')
    expect(resolve({ breaker: { failure: 2 } }).told[0]).toContain('unknown key `breaker.failure`')
  })
})

test('whom to ask when a prompt does not fit is read like a fallback', () => {
  const { config, told } = resolve({ fallback: { overflow: ['a,m', 'b,m'] } })
  expect(config.routes.overflow).toEqual([{ provider: 'a', model: 'm' }])
  expect(told).toEqual(['`fallback.overflow[1]`: there is no provider `b`'])
})
