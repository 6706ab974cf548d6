import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/canonical/json.ts'
import { configOfManifest } from '../../src/config/preset/manifest.ts'
import { readPresets } from '../../src/config/preset/presets.ts'

const root = mkdtempSync(join(tmpdir(), 'ccr-presets-'))
afterAll(() => rmSync(root, { recursive: true }))

let count = 0
function read(manifests: Readonly<Record<string, string | JsonObject>>, shared: JsonObject = {}) {
  const directory = join(root, String(count++))
  for (const [folder, manifest] of Object.entries(manifests)) {
    mkdirSync(join(directory, folder), { recursive: true })
    writeFileSync(
      join(directory, folder, 'manifest.json'),
      typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    )
  }
  return readPresets(directory, shared, { KEY_A: 'key-of-a' })
}

const Providers = [{ name: 'a', api_base_url: 'http://127.0.0.1:1/v1', api_key: '$KEY_A', models: ['one', 'two'] }]
const good: JsonObject = { name: 'good', version: '1.0.0', Providers, Router: { default: 'a,two' } }

test('a preset searches the web where the config does, unless it says otherwise', () => {
  const engine = (name: string): JsonObject => ({ backend: name, api_key: 'k' })
  const own = { ...good, name: 'own', web_search: engine('brave') }
  const { presets } = read({ good, own }, { web_search: engine('tavily') })
  expect([presets['good']?.webSearch?.backend, presets['own']?.webSearch?.backend]).toEqual(['tavily', 'brave'])
})

describe('a manifest', () => {
  test('is config, but for what describes it and how it asks', () => {
    const config = configOfManifest({
      ...good,
      author: 'somebody',
      schema: [{ id: 'apiKey', type: 'password' }],
      userValues: { apiKey: 'k' },
      apiKey: 'k',
      LOG: true,
    })
    expect(config).toEqual({ Providers, Router: { default: 'a,two' }, LOG: true })
  })

  test('holds what the user was asked for, or the default, where it is written so, and nothing where he said nothing', () => {
    const config = configOfManifest({
      schema: [{ id: 'key' }, { id: 'model', defaultValue: 'one' }, { id: 'threshold' }, { id: 'none' }],
      userValues: { key: 'k-1', threshold: 5000 },
      Providers: [{ name: 'a', api_key: '#{key}', models: ['#{model}'] }],
      Router: { default: 'a,#{model}', longContextThreshold: '#{threshold}', think: '#{none}' },
    })
    expect(config).toEqual({
      Providers: [{ name: 'a', api_key: 'k-1', models: ['one'] }],
      Router: { default: 'a,one', longContextThreshold: 5000 },
    })
  })

  test('has a template, mappings with conditions, and values whose names are paths', () => {
    const config = configOfManifest({
      schema: [{ id: 'key' }, { id: 'fast', defaultValue: true }],
      userValues: { key: 'k-1', 'Router.think': 'a,two', 'Providers[0].models[1]': 'two' },
      template: { Providers: [{ name: 'a', models: ['one'] }] },
      configMappings: [
        { target: 'Providers[0].api_key', value: '#{key}' },
        { target: 'Router.default', value: 'a,one', when: { field: 'fast', operator: 'eq', value: true } },
        {
          target: 'Router.image',
          value: 'a,one',
          when: [
            { field: 'fast', operator: 'exists' },
            { field: 'key', operator: 'in', value: ['x'] },
          ],
        },
        { target: 'Providers[7].name', value: 'far' },
        { target: '__proto__.polluted', value: 'yes' },
      ],
      LOG: true,
    })
    expect(config).toEqual({
      Providers: [{ name: 'a', models: ['one', 'two'], api_key: 'k-1' }],
      Router: { default: 'a,one', think: 'a,two' },
    })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('presets of a folder', () => {
  test('are read by the name of their manifest, with keys of the environment', () => {
    const { presets, warnings } = read({ folder: good, other: { ...good, name: ' ' } })
    expect(Object.keys(presets).toSorted()).toEqual(['good', 'other'])
    expect(presets['good']?.routes.targets.default).toEqual({ provider: 'a', model: 'two' })
    expect(presets['good']?.providers[0]?.apiKey).toBe('key-of-a')
    expect(warnings).toEqual([])
  })

  test('have the providers and the proxy of the config where they name none', () => {
    const { presets } = read(
      { p: { Router: { default: 'b,x' } } },
      { Providers: [{ name: 'b', api_base_url: 'https://b.example/v1' }], PROXY_URL: 'http://127.0.0.1:9' },
    )
    expect(presets['p']?.providers.map(({ name, proxy }) => [name, proxy])).toEqual([['b', 'http://127.0.0.1:9']])
  })

  test('may have rules and groups', () => {
    const { presets } = read({ p: { ...good, groups: { g: ['a,one'] }, rules: [{ use: 'g' }] } })
    expect(presets['good']?.routes.rules?.map(({ name }) => name)).toEqual(['#1'])
  })

  test('that cannot be used are told, and the others are served', () => {
    const { presets, warnings } = read({
      broken: '{ "name": ',
      list: '[]',
      climbing: { ...good, name: '../up' },
      first: good,
      second: good,
      wrong: { name: 'wrong', Providers, Router: { default: 'gone,x' } },
      bare: { name: 'bare', Router: {} },
    })
    expect(Object.keys(presets)).toEqual(['good'])
    const told = warnings.map(({ file, message }) => `${file.split('/').at(-2)} ${message}`).toSorted()
    expect(told.map((text) => text.replace(/(broken the preset is not served: ).*/, '$1…'))).toEqual([
      'bare the preset is not served: it has no providers, and neither has the config',
      'broken the preset is not served: …',
      'climbing the preset is not served: `../up` cannot be a part of a path',
      'list the preset is not served: the manifest is no object',
      'second the preset is not served: there is another one that is called `good`',
      'wrong the preset is not served: `Router.default`: there is no provider `gone`',
    ])
  })

  test('need not be there', () => {
    expect(read({})).toEqual({ presets: {}, warnings: [] })
  })
})
