import { expect, test } from 'bun:test'
import { type NamedModel, nameOfTarget, readModelName } from '../../src/router/model-name.ts'

const providers = [
  { name: 'OpenAI', models: ['gpt-5', 'shared', 'o9[1m]'] },
  { name: 'openrouter', models: ['vendor/model', 'shared', 'a,b', 'open,x'] },
  { name: 'vendor', models: ['model', 'other'] },
  { name: 'vendor/eu', models: ['model-eu'] },
  { name: 'twin', models: ['t'] },
  { name: 'TWIN', models: ['t'] },
  { name: 'open', models: [] },
]

test.each([
  ['OpenAI,gpt-5', 'target OpenAI,gpt-5 listed'],
  ['openai,GPT-5', 'target OpenAI,gpt-5 listed'],
  ['openai,gpt-5[1m]', 'target OpenAI,gpt-5 listed'],
  ['openai,gpt-5 [1M]', 'target OpenAI,gpt-5 listed'],
  ['openai,o9[1m]', 'target OpenAI,o9[1m] listed'],
  ['o9[1m]', 'listed OpenAI,o9[1m]'],
  ['openai,New-Model', 'target OpenAI,New-Model'],
  ['openrouter,a,b', 'target openrouter,a,b listed'],
  ['a,b', 'listed openrouter,a,b'],
  ['openrouter,x,y/z:free', 'target openrouter,x,y/z:free'],
  ['TWIN,t', 'target TWIN,t listed'],
  ['twin,t', 'target twin,t listed'],
  ['open,x', 'target open,x'],
  ['open,anything', 'target open,anything'],
  ['openai,', 'no-model OpenAI'],
  ['openai, ', 'no-model OpenAI'],
  ['nobody,gpt-5', 'unknown-provider nobody'],
  [',gpt-5', 'unknown-provider '],
  ['gpt-5', 'listed OpenAI,gpt-5'],
  ['GPT-5[1m]', 'listed OpenAI,gpt-5'],
  ['shared', 'ambiguous OpenAI,shared openrouter,shared'],
  ['vendor/model', 'listed openrouter,vendor/model'],
  ['Vendor/Other', 'target vendor,other listed'],
  ['openrouter/vendor/model', 'target openrouter,vendor/model listed'],
  ['openai/unlisted', 'target OpenAI,unlisted'],
  ['vendor/eu/model-eu', 'target vendor/eu,model-eu listed'],
  ['vendor/eu/unlisted', 'ambiguous vendor,eu/unlisted vendor/eu,unlisted'],
  ['nobody/model', 'unlisted'],
  ['openai/', 'unlisted'],
  ['/model', 'unlisted'],
  ['claude-opus-5-5', 'unlisted'],
  ['claude-ccr/OpenAI,gpt-5', 'target OpenAI,gpt-5 listed'],
  ['Claude-CCR/openai/gpt-5', 'target OpenAI,gpt-5 listed'],
  ['', 'unlisted'],
  ['   ', 'unlisted'],
  ['[1m]', 'unlisted'],
  ['__proto__,constructor', 'unknown-provider __proto__'],
])('%j is read as %s', (name, reading) => {
  expect(show(readModelName(name, providers))).toBe(reading)
})

test('a name of a megabyte is read in no time', () => {
  const started = performance.now()
  for (const name of ['x'.repeat(1e6), ','.repeat(1e6), '/'.repeat(1e6), '['.repeat(1e6), ' '.repeat(1e6) + 'x'])
    readModelName(name, providers)
  expect(performance.now() - started).toBeLessThan(200)
})

function show(named: NamedModel): string {
  switch (named.kind) {
    case 'target':
      return `target ${nameOfTarget(named.target)}${named.listed ? ' listed' : ''}`
    case 'listed':
      return `listed ${nameOfTarget(named.target)}`
    case 'ambiguous':
      return ['ambiguous', ...named.targets.map(nameOfTarget)].join(' ')
    case 'no-model':
    case 'unknown-provider':
      return `${named.kind} ${named.provider}`
    case 'unlisted':
      return named.kind
  }
}
