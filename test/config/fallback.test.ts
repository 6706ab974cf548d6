import { expect, test } from 'bun:test'
import type { Json } from '../../src/canonical/json.ts'
import { resolveConfig } from '../../src/config/resolve.ts'

const Providers = [{ name: 'a', api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'two'] }]
const read = (fallback: Json) => {
  const { config, problems } = resolveConfig({ Providers, Router: { default: 'a,one' }, fallback }, {})
  return { fallbacks: config.routes.fallbacks, problems: problems.map(({ severity, message }) => [severity, message]) }
}

test('further targets are read by scenario, in order', () => {
  expect(read({ default: ['a,two', 'A,one'], think: ['a,two'] })).toEqual({
    fallbacks: {
      default: [
        { provider: 'a', model: 'two' },
        { provider: 'a', model: 'one' },
      ],
      think: [{ provider: 'a', model: 'two' }],
    },
    problems: [['warning', "`fallback.default[1]`: upper and lower case differ from the provider's entry"]],
  })
})

test('one that cannot be used is left out, with a warning', () => {
  expect(read({ default: ['gone,x', 'a,two', 'one'] })).toEqual({
    fallbacks: { default: [{ provider: 'a', model: 'two' }] },
    problems: [
      ['warning', '`fallback.default[0]`: there is no provider `gone`'],
      ['warning', '`fallback.default[2]`: expected "provider,model", found no comma'],
    ],
  })
})

test('anything but lists of texts is an error, an unknown scenario a warning', () => {
  expect(read({ default: 'a,two' }).problems[0]).toEqual([
    'error',
    '`fallback.default`: expected a list of texts, `["provider,model"]`, found a text',
  ])
  expect(read({ defaults: ['a,two'] }).problems).toEqual([
    ['warning', 'unknown key `fallback.defaults` is kept, without effect'],
  ])
})
