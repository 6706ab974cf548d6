import { expect, test } from 'bun:test'
import { listModels } from '../../src/router/list-models.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { selectFor, target } from './request.ts'

const providers = [
  { name: 'OpenRouter', models: ['vendor/model', 'a,b', 'shared'] },
  { name: 'local', models: ['qwen', 'shared', 'claude-opus-5-5'] },
]
const routes = {
  targets: { default: target('local,qwen'), think: target('local,unlisted') },
  longContextThreshold: 60_000,
}
const models = listModels(providers, routes)

test('lists what the providers list and the routes use, once each, with its scenarios', () => {
  expect(models.map(({ id, scenarios }) => [id, ...scenarios])).toEqual([
    ['OpenRouter,vendor/model'],
    ['OpenRouter,a,b'],
    ['OpenRouter,shared'],
    ['local,qwen', 'default'],
    ['local,shared'],
    ['local,claude-opus-5-5'],
    ['local,unlisted', 'think'],
  ])
})

test('the first alias is one that pickers show: it begins with `claude`', () => {
  expect(models.every((model) => model.aliases[0]?.startsWith('claude'))).toBe(true)
})

test('a plain name is an alias only where it means one model', () => {
  expect(models.map((model) => model.aliases.length)).toEqual([2, 2, 1, 2, 1, 2, 1])
})

const names = models.flatMap((model) => [model.id, ...model.aliases].map((name) => [name, model.id] as const))
test.each(names)('%s is understood as %s', (name, id) => {
  const selection = selectFor({ model: name }, { providers, routes })
  expect(nameOfTarget(selection.target)).toBe(id)
  expect(selection.warnings).toEqual([])
})
