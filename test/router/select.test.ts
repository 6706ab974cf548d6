import { describe, expect, test } from 'bun:test'
import { ModelError } from '../../src/canonical/error.ts'
import type { ModelRequest, Tool } from '../../src/canonical/request.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import type { Routes, Routing } from '../../src/router/route.ts'
import { selectFor, target } from './request.ts'

const providers = [
  { name: 'anthropic', models: ['claude-opus-5-5', 'claude-haiku-4-5-20251001', 'shared'] },
  { name: 'local', models: ['qwen', 'shared'] },
]
const targets: Routes['targets'] = {
  default: target('local,qwen'),
  think: target('local,thinker'),
  background: target('local,small'),
}
const routing: Routing = { providers, routes: { targets, longContextThreshold: 60_000 } }

function chosen(change: Partial<ModelRequest>, by: Routing = routing): string {
  const selection = selectFor(change, by)
  return `${nameOfTarget(selection.target)} ${selection.route}`
}

describe('names that Claude Code sends unasked, and that a provider lists', () => {
  test.each<[string, Partial<ModelRequest>, string]>([
    ['stand instead of default', { model: 'claude-opus-5-5' }, 'anthropic,claude-opus-5-5 explicit'],
    ['leave thinking to its route', { model: 'claude-opus-5-5', reasoning: { mode: 'on' } }, 'local,thinker think'],
    ['leave background work to its route', { model: 'claude-haiku-4-5-20251001' }, 'local,small background'],
    [
      'are firm when the provider is named',
      { model: 'anthropic/claude-opus-5-5', reasoning: { mode: 'on' } },
      'anthropic,claude-opus-5-5 explicit',
    ],
    [
      'are no wish for a provider in OpenRouter spelling',
      { model: 'anthropic/claude-haiku-4.5' },
      'local,small background',
    ],
  ])('%s', (_name, change, result) => {
    expect(chosen(change)).toBe(result)
  })

  test('other listed names are firm', () => {
    expect(chosen({ model: 'qwen', reasoning: { mode: 'on' } })).toBe('local,qwen explicit')
  })
})

test('a name that two providers list is left to the scenarios, and said', () => {
  const selection = selectFor({ model: 'shared' }, routing)
  expect(selection.route).toBe('default')
  expect(selection.warnings).toEqual([
    '"shared" can be anthropic,shared or local,shared: ask for one of them by that name',
  ])
})

describe('where nothing can be decided there is an error that says what to do', () => {
  const none: Routing = { providers, routes: { targets: {}, longContextThreshold: 60_000 } }
  test.each<[string, string, Routing, number, string[]]>([
    ['an unknown provider', 'nobody,gpt-5', routing, 404, ['"nobody"', 'anthropic, local']],
    [
      'an unknown provider, no providers at all',
      'nobody,gpt-5',
      { ...none, providers: [] },
      404,
      ['add one to "Providers"'],
    ],
    ['a provider without a model', 'local,', routing, 400, ['"local,qwen"']],
    ['no default', 'claude-saga-9', none, 400, ['"claude-saga-9"', '"default": "anthropic,claude-opus-5-5"']],
    ['no default and no providers', 'claude-saga-9', { ...none, providers: [] }, 400, ['"Providers"']],
  ])('%s', (_name, model, by, status, words) => {
    const error = errorOf(() => selectFor({ model }, by))
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).status).toBe(status)
    for (const word of words) expect((error as ModelError).message).toContain(word)
  })

  test('an error quotes no more of a name than fits in a line', () => {
    expect((errorOf(() => selectFor({ model: `x,${'y'.repeat(1e6)}` }, routing)) as Error).message.length).toBeLessThan(
      400,
    )
  })
})

test('a route to an unknown provider is passed over with a warning; as default it is an error', () => {
  const to = (scenario: string): Routing => ({
    ...routing,
    routes: { ...routing.routes, targets: { ...targets, [scenario]: target('gone,model') } },
  })
  const selection = selectFor({ model: 'claude-x', reasoning: { mode: 'on' } }, to('think'))
  expect(nameOfTarget(selection.target)).toBe('local,qwen')
  expect(selection.warnings).toEqual([
    'Router names "gone,model" for think, and there is no such provider: it is passed over',
  ])
  expect(() => selectFor({ model: 'claude-x' }, to('default'))).toThrow(ModelError)
})

test("a project's and a session's routers lie over the global one, background included", () => {
  const overrides = [
    { from: 'project router', targets: { default: target('anthropic,shared'), background: target('anthropic,tiny') } },
    { from: 'session router', targets: { default: target('local,mine') } },
  ]
  const selection = selectFor({ model: 'claude-x' }, { ...routing, overrides })
  expect(nameOfTarget(selection.target)).toBe('local,mine')
  expect(selection.reason).toBe('no other route applies (session router)')
  expect(chosen({ model: 'haiku' }, { ...routing, overrides })).toBe('anthropic,tiny background')
  expect(chosen({ model: 'claude-x', reasoning: { mode: 'on' } }, { ...routing, overrides })).toBe(
    'local,thinker think',
  )
})

test('a configured spelling is used for a route in another case', () => {
  const loud: Routing = { ...routing, routes: { ...routing.routes, targets: { default: target('LOCAL,QWEN') } } }
  expect(chosen({ model: 'claude-x' }, loud)).toBe('local,qwen default')
})

describe('web search', () => {
  const search = (protocol: 'anthropic-messages' | 'openai-responses'): Tool => {
    return { type: 'server', kind: 'web-search', name: 'web_search', native: { protocol, rest: {} } }
  }
  const bash: Tool = { type: 'function', name: 'bash', schema: {} }
  const searching: Routing = {
    ...routing,
    routes: { ...routing.routes, targets: { ...targets, webSearch: target('local,finder') } },
  }
  test.each<[string, Partial<ModelRequest>, boolean]>([
    ['alone', { tools: [search('anthropic-messages')] }, true],
    ['beside other tools', { tools: [bash, search('anthropic-messages')] }, true],
    ['offered with every request, as Codex does', { tools: [bash, search('openai-responses')] }, false],
    ['alone there', { tools: [search('openai-responses')] }, true],
    [
      'demanded there',
      { tools: [bash, search('openai-responses')], toolChoice: { type: 'tool', name: 'web_search' } },
      true,
    ],
    ['as an option of Chat', { native: { protocol: 'openai-chat', rest: { web_search_options: {} } } }, true],
    ["of the client's own by the same name", { tools: [{ ...bash, name: 'web_search' }] }, false],
  ])('%s', (_name, change, applies) => {
    expect(chosen({ model: 'claude-x', ...change }, searching)).toBe(
      applies ? 'local,finder webSearch' : 'local,qwen default',
    )
  })
})

test.each<[string, NonNullable<ModelRequest['reasoning']>, boolean]>([
  ['on', { mode: 'on' }, true],
  ['on with little effort', { mode: 'on', effort: 'low' }, true],
  ['adaptive', { mode: 'adaptive' }, false],
  ['adaptive and high', { mode: 'adaptive', effort: 'high' }, false],
  ['adaptive and xhigh', { mode: 'adaptive', effort: 'xhigh' }, true],
  ['effort max alone', { effort: 'max' }, true],
  ['effort high alone', { effort: 'high' }, false],
  ['off and max', { mode: 'off', effort: 'max' }, false],
  ['effort none', { effort: 'none' }, false],
])('thinking %s', (_name, reasoning, applies) => {
  expect(chosen({ model: 'claude-x', reasoning })).toBe(applies ? 'local,thinker think' : 'local,qwen default')
})

test('a cheap question costs nothing: an explicit model never reads the request', () => {
  const unreadable = {
    messages: [{ role: 'user', parts: [{ type: 'text', text: new String('x') as unknown as string }] }],
  } as const
  let asked = 0
  Object.defineProperty(unreadable.messages[0].parts[0].text, 'charCodeAt', { value: () => asked++ })
  const long: Routing = {
    ...routing,
    routes: { ...routing.routes, targets: { ...targets, longContext: target('local,big') } },
  }
  selectFor({ ...unreadable, model: 'local,qwen' }, long)
  expect(asked).toBe(0)
  selectFor({ ...unreadable, model: 'claude-x' }, long)
  expect(asked).toBe(1)
})

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a default provider gets the model as the client names it', () => {
  const open: Routing = {
    providers: [
      { name: 'anthropic', models: [] },
      { name: 'router', models: ['z-ai/glm-4.6'] },
    ],
    routes: { targets: {}, longContextThreshold: 60_000, defaultProvider: 'anthropic' },
  }
  const chosenOpen = (model: string, by = open): string => chosen({ model }, by)

  test.each([
    ['claude-opus-5-5', 'anthropic,claude-opus-5-5 default'],
    ['claude-haiku-4-5-20251001', 'anthropic,claude-haiku-4-5-20251001 default'],
    ['claude-opus-5-5[1m]', 'anthropic,claude-opus-5-5 default'],
    ['claude-ccr/claude-opus-5-5', 'anthropic,claude-opus-5-5 default'],
    ['Some:Model@v1', 'anthropic,Some:Model@v1 default'],
    ['anthropic/claude-opus-5.5', 'anthropic,anthropic/claude-opus-5.5 default'],
    ['router,any-model', 'router,any-model explicit'],
    ['Router, any-model', 'router,any-model explicit'],
    ['claude-ccr/router,any-model[1m]', 'router,any-model explicit'],
    ['z-ai/glm-4.6', 'router,z-ai/glm-4.6 explicit'],
  ])('%s goes to %s', (model, expected) => expect(chosenOpen(model)).toBe(expected))

  test('whatever else the request is about, and without a warning', () => {
    const selection = selectFor({ model: 'unheard-of', reasoning: { mode: 'on' } }, open)
    expect([nameOfTarget(selection.target), selection.warnings]).toEqual(['anthropic,unheard-of', []])
    expect(selection.reason).toBe('the client names no provider, and anthropic is the default')
  })

  test('with OpenRouter’s ids in one piece', () => {
    const routes = { ...open.routes, defaultProvider: 'router' }
    expect(chosenOpen('anthropic/claude-opus-5.5', { ...open, routes })).toBe(
      'router,anthropic/claude-opus-5.5 default',
    )
  })

  test('after the routes of a project', () => {
    const overrides = [{ from: 'project router', targets: { think: target('router,thinker') } }]
    const choose = (change: Partial<ModelRequest>): string => chosen(change, { ...open, overrides })
    expect(choose({ reasoning: { mode: 'on' } })).toBe('router,thinker think')
    expect(choose({})).toBe('anthropic,claude-opus-5-5 default')
  })

  test('and an unknown provider is still an error', () => {
    expect(() => chosenOpen('nobody,model')).toThrow('There is no provider "nobody"')
  })
})

describe('whom to try after a target', () => {
  const by: Routing = {
    ...routing,
    routes: {
      ...routing.routes,
      fallbacks: {
        default: [target('anthropic,shared'), target('local,qwen'), target('gone,x'), target('ANTHROPIC,shared')],
        think: [target('local,qwen')],
      },
    },
  }
  const after = (change: Partial<ModelRequest>): string[] => selectFor(change, by).fallbacks.map(nameOfTarget)

  test('is said by its scenario: each once, never the target itself, never who is not there', () => {
    expect(after({ model: 'claude-x' })).toEqual(['anthropic,shared'])
    expect(after({ model: 'claude-x', reasoning: { mode: 'on' } })).toEqual(['local,qwen'])
    expect(after({ model: 'claude-haiku-x' })).toEqual([])
  })

  test('is that of `default` for a model that the client names', () => {
    expect(after({ model: 'local,small' })).toEqual(['anthropic,shared', 'local,qwen'])
  })
})
