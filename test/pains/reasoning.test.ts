import { describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOriginStore } from '../../src/store/origins.ts'
import { json, split, stream } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { sse } from '../helper/turn-parts.ts'
import { createUpstream } from '../helper/upstream.ts'
import { createScene, QUESTION, tool, type Loose, type SpokenProtocol } from './scene.ts'
import { strictly } from './strict.ts'
import { callsOf, readAnswer, textOf, thinkingOf, type Told, type ToldBlock } from './told.ts'

describe('pains #2: reasoning that a model demands back, refuses, or ignores', () => {
  const needed = (body: Loose): string | undefined =>
    (body.messages as Loose[]).some(({ role, reasoning_content }) => role === 'assistant' && !reasoning_content)
      ? 'The `reasoning_content` in the thinking mode must be passed back to the API.'
      : undefined
  const refused = (body: Loose): string | undefined => {
    const at = (body.messages as Loose[]).findIndex(({ reasoning_content }) => reasoning_content !== undefined)
    return at < 0 ? undefined : `body.messages.${at}.reasoning_content: Extra inputs are not permitted`
  }
  const POLICIES: [name: string, dialects: string[], fault: (body: Loose) => string | undefined][] = [
    ['demanded', ['deepseek'], needed],
    ['demanded, which nobody has told us', [], needed],
    ['refused', ['groq'], refused],
    ['refused, which nobody has told us', [], refused],
    ['ignored', [], () => undefined],
  ]
  const CLIENTS: [name: string, brings: (content: readonly ToldBlock[]) => readonly ToldBlock[]][] = [
    ['brings it back', (content) => content],
    ['drops it', (content) => content.filter(({ type }) => type !== 'thinking')],
  ]
  const table = POLICIES.flatMap((policy) => CLIENTS.map((client) => [...policy, ...client] as const))

  test.each(table)(
    'pains #2: %s (%p %p): five turns with tools pass, with a client that %s',
    async (_name, dialects, fault, _client, brings) => {
      using scratch = scratchDirectory()
      const file = join(scratch.path, 'signatures.jsonl')
      let turn = 0
      await using upstream = await createUpstream((request) => {
        const message = fault(JSON.parse(request.text))
        if (message !== undefined) return json({ error: { message, type: 'invalid_request_error' } }, 400)
        return answerTurn(request, {
          reasoning: `Thought ${++turn}.`,
          calls: [{ name: 'read', input: { turn }, id: `call_${turn}` }],
        })
      })
      const uses = dialects.map((name) => ({ name, options: {} }))
      // Each turn in a process of its own, as after a restart.
      const open = () =>
        testGateway(
          { providers: [testProvider(upstream.url, 'openai-chat', { models: ['deepseek-v4'], dialects: uses })] },
          { origins: createOriginStore(file) },
        )
      let messages: object[] = [...QUESTION.messages]
      for (let count = 1; count <= 5; count++) {
        const { gateway } = open()
        const told = await readAnswer(
          await gateway(
            post('/v1/messages', { ...QUESTION, messages, tools: [tool('read')], thinking: { type: 'adaptive' } }),
          ),
        )
        expect([told.error, thinkingOf(told)]).toEqual([undefined, `Thought ${count}.`])
        messages = [...messages, ...answered({ content: brings(told.content) })]
        if (dialects.includes('deepseek'))
          await until(() => existsSync(file) && readFileSync(file, 'utf8').includes(`Thought ${count}.`))
      }
      const sent = upstream.requests.at(-1)?.text ?? ''
      if (dialects.includes('deepseek'))
        for (const count of [1, 2, 3, 4]) expect(sent).toContain(`"reasoning_content":"Thought ${count}."`)
      if (fault === refused) expect(sent).not.toContain('Thought')
      // The client compacts: what is left is a summary and the last turn.
      const { gateway } = open()
      const compacted = [{ role: 'user', content: 'Summary.' }, ...messages.slice(-2)]
      const told = await readAnswer(
        await gateway(post('/v1/messages', { ...QUESTION, messages: compacted, tools: [tool('read')] })),
      )
      expect([told.error, thinkingOf(told)]).toEqual([undefined, 'Thought 6.'])
    },
  )

  test('pains #2: what is remembered has a limit, in memory and on disk', async () => {
    using scratch = scratchDirectory()
    const file = join(scratch.path, 'signatures.jsonl')
    const store = createOriginStore(file)
    const thought = { text: 'x'.repeat(100_000) }
    for (let count = 0; count < 200; count++) {
      store.set(`call ${count}`, { provider: 'p', model: 'm', thought })
      if (count % 10 === 0) await Bun.sleep(1)
    }
    expect(await store.get('call 0')).toBeUndefined()
    expect((await store.get('call 199'))?.thought).toEqual(thought)
    while (!(await createOriginStore(file).get('call 199'))) await Bun.sleep(1)
    expect(readFileSync(file, 'utf8').length).toBeLessThan(9_000_000)
    expect(await createOriginStore(file).get('call 0')).toBeUndefined()
  })
})

describe('pains #3: signatures of one provider never reach another', () => {
  // A fourth origin: another provider of the same protocol.
  const ORIGINS = [
    ['claude', 'anthropic-messages', 'claude-opus-5-5'],
    ['other-claude', 'anthropic-messages', 'claude-opus-5-5'],
    ['deepseek', 'openai-chat', 'deepseek-v4'],
    ['google', 'gemini', 'gemini-3-pro'],
  ] as const
  const matrix = ORIGINS.flatMap(([from]) => ORIGINS.map(([to]) => [from, to] as const))

  async function house(): Promise<
    AsyncDisposable & { ask(to: string, body: object): Promise<Told>; sentTo(name: string): string }
  > {
    const upstreams = await Promise.all(
      ORIGINS.map(() =>
        createUpstream((request) =>
          request.text.includes('tool_use_id') ||
          request.text.includes('tool_call_id') ||
          request.text.includes('functionResponse')
            ? answerTurn(request, { text: 'Done.' })
            : answerTurn(request, {
                reasoning: 'Hm.',
                text: 'Let me look.',
                calls: [{ name: 'read', input: { path: 'a' } }],
              }),
        ),
      ),
    )
    const providers = ORIGINS.map(([name, protocol, model], at) =>
      testProvider(upstreams[at]?.url ?? '', protocol, { name, models: [model] }),
    )
    const { gateway } = testGateway({ providers })
    const modelOf = (name: string): string =>
      ORIGINS.flatMap(([each, , model]) => (each === name ? [`${each},${model}`] : []))[0] ?? ''
    return {
      ask: async (to, body) =>
        readAnswer(
          await gateway(
            post('/v1/messages', {
              ...QUESTION,
              tools: [tool('read')],
              thinking: { type: 'adaptive' },
              ...body,
              model: modelOf(to),
            }),
          ),
        ),
      sentTo: (name) => upstreams[ORIGINS.findIndex(([each]) => each === name)]?.requests.at(-1)?.text ?? '',
      [Symbol.asyncDispose]: async () => {
        await Promise.all(upstreams.map((upstream) => upstream.close()))
      },
    }
  }

  test.each(matrix)('pains #3: a tool turn begun by %s goes on with %s', async (from, to) => {
    await using play = await house()
    const first = await play.ask(from, {})
    expect(thinkingOf(first)).toBe('Hm.')
    const results = callsOf(first).map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }))
    const second = await play.ask(to, {
      messages: [
        ...QUESTION.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: results },
      ],
    })
    expect(textOf(second)).toBe('Done.')
    const sent = play.sentTo(to)
    expect(sent).toContain('Let me look.')
    // Whoever made it gets it back as it was; nobody else gets it at all.
    const isHome = from === to
    for (const proof of ['c2NyaXB0ZWQtc2lnbmF0dXJl', 'c2NyaXB0ZWQtdGhvdWdodA==']) {
      const isProof = (proof === 'c2NyaXB0ZWQtdGhvdWdodA==') === (from === 'google') && from !== 'deepseek'
      expect(sent.includes(proof)).toBe(isHome && isProof)
    }
    expect(sent).not.toContain('ccr1:')
    expect(sent.includes('Hm.')).toBe(isHome)
    if (!isHome) expect(second.headers.get('x-ccr-dropped')).toContain('messages[1]')
  })
})

describe('pains #32: effort and budget', () => {
  const LEVELS = ['none', 'low', 'medium', 'high', 'xhigh', 'max'] as const
  const styles: [name: string, protocol: SpokenProtocol, model: string, traits: object, said: string[]][] = [
    [
      'Anthropic',
      'anthropic-messages',
      'claude-opus-5-5',
      {},
      ['disabled', 'low adaptive', 'medium adaptive', 'high adaptive', 'xhigh adaptive', 'max adaptive'],
    ],
    ['OpenAI', 'openai-chat', 'gpt-5.1', {}, ['', 'low', 'medium', 'high', 'high', 'high']],
    [
      'OpenAI with more steps',
      'openai-chat',
      'gpt-5.2',
      { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] },
      ['none', 'low', 'medium', 'high', 'xhigh', 'xhigh'],
    ],
    [
      'OpenRouter',
      'openai-chat',
      'z-ai/glm-5',
      { reasoningRequest: 'openrouter' },
      ['false', 'low', 'medium', 'high', 'xhigh', 'xhigh'],
    ],
    [
      'DeepSeek',
      'openai-chat',
      'deepseek-v4',
      { reasoningRequest: 'thinking', efforts: ['low', 'high', 'max'] },
      ['disabled', 'low enabled', 'low enabled', 'high enabled', 'high enabled', 'max enabled'],
    ],
    [
      'Qwen',
      'openai-chat',
      'qwen3-max',
      { reasoningRequest: 'enable-thinking' },
      ['false', 'true', 'true', 'true', 'true', 'true'],
    ],
    [
      'Gemini by budget',
      'gemini',
      'gemini-2.5-pro',
      {},
      ['128', '1024 true', '7999 true', '-1 true', '7999 true', '7999 true'],
    ],
    [
      'Gemini by level',
      'gemini',
      'gemini-3-pro',
      {},
      ['low', 'low true', 'high true', 'high true', 'high true', 'high true'],
    ],
    ['a model that does not reason', 'openai-chat', 'gpt-4o', {}, ['', '', '', '', '', '']],
  ]
  test.each(styles)(
    'pains #32: each of six levels is said as %s understands it, within its limits',
    async (_name, protocol, model, traits, expected) => {
      await using scene = await createScene(protocol, strictlyUnless(protocol), { model, provider: { traits } })
      const said: string[] = []
      for (const effort of LEVELS) {
        const wish =
          effort === 'none'
            ? { thinking: { type: 'disabled' } }
            : { thinking: { type: 'adaptive' }, output_config: { effort } }
        expect(textOf(await scene.ask(wish))).toBe('Hello')
        said.push(wordsOf(scene.sent()))
      }
      expect(said).toEqual(expected)
    },
  )

  test.each(styles)(
    'pains #32: no budget reaches %s above the limit or below the least',
    async (_name, protocol, model, traits) => {
      await using scene = await createScene(protocol, strictlyUnless(protocol), { model, provider: { traits } })
      for (const [max_tokens, budget_tokens] of [
        [2000, 1024],
        [8000, 7999],
        [4000, 1500],
        [64_000, 60_000],
      ] as const) {
        expect(textOf(await scene.ask({ max_tokens, thinking: { type: 'enabled', budget_tokens } }))).toBe('Hello')
        const budget = budgetOf(scene.sent())
        if (budget === undefined) continue
        expect(budget).toBeGreaterThanOrEqual(protocol === 'gemini' ? 128 : 1024)
        expect(budget).toBeLessThan(max_tokens)
      }
    },
  )
})

describe('pains #37: Gemini 3 and its thought signatures', () => {
  const signedOnly = strictly({ text: 'Done.' })
  test('pains #37: a call comes home with its signature, through a client that knows nothing of it', async () => {
    await using scene = await createScene('gemini', ({ text, ...request }) =>
      text.includes('functionResponse')
        ? signedOnly({ ...request, text })
        : {
            calls: [
              { name: 'read', input: { path: 'a' } },
              { name: 'read', input: { path: 'b' } },
            ],
          },
    )
    const first = await scene.ask({ tools: [tool('read')] })
    const told = await scene.ask({ tools: [tool('read')], messages: [...QUESTION.messages, ...answered(first)] })
    expect(textOf(told)).toBe('Done.')
    const parts = scene.sent()['contents'][1]['parts'] as Loose[]
    expect(parts.map((part) => part['thoughtSignature'])).toEqual(['c2NyaXB0ZWQtdGhvdWdodA==', undefined])
  })

  const histories: [name: string, blocks: object[]][] = [
    [
      'of Anthropic',
      [
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
      ],
    ],
    [
      'of OpenAI',
      [
        { type: 'tool_use', id: 'call_1', name: 'read', input: {} },
        { type: 'tool_use', id: 'call_2', name: 'read', input: {} },
      ],
    ],
    [
      'whose client lost the signature',
      [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'x', name: 'read', input: {} },
      ],
    ],
  ]
  test.each(histories)('pains #37: a history %s is gone on with', async (_name, blocks) => {
    await using scene = await createScene('gemini', signedOnly)
    const messages = [
      ...QUESTION.messages,
      ...answered({ content: blocks as ToldBlock[] }),
      { role: 'assistant', content: 'Now.' },
      { role: 'user', content: 'Go on' },
      ...answered({ content: blocks as ToldBlock[] }),
    ]
    expect(textOf(await scene.ask({ tools: [tool('read')], messages }))).toBe('Done.')
  })
})

describe('pains #49: thoughts between tags', () => {
  const dialects = { dialects: [{ name: 'extrathinktag', options: {} }] }
  const ANSWERS: [name: string, answer: string, thinking: string, text: string][] = [
    ['first', '<think>I häve it.</think>It is 4.', 'I häve it.', 'It is 4.'],
    ['behind text', 'Well. <think>Hm.</think>Yes.', 'Hm.', 'Well. Yes.'],
    ['twice', '<think>a</think>b<think>c</think>d', 'ac', 'bd'],
    ['never closed', '<think>and so on', 'and so on', ''],
    [
      'not at all',
      'No tag, but a < b and <thing>, `x` and ``y``.',
      '',
      'No tag, but a < b and <thing>, `x` and ``y``.',
    ],
    [
      'in a fence',
      'Write:\n```html\n<think>no</think>\n```\nso <think>yes</think>.',
      'yes',
      'Write:\n```html\n<think>no</think>\n```\nso .',
    ],
    [
      'in code of a line',
      'The `<think>` tag, and one ` stray\n<think>yes</think>.',
      'yes',
      'The `<think>` tag, and one ` stray\n.',
    ],
    ['that only closes', 'It ends</think> here.', '', 'It ends</think> here.'],
    ['half at the end', 'Is 3 <thi', '', 'Is 3 <thi'],
    ['with code inside the thought', '<think>```\n</think>Yes.', '```\n', 'Yes.'],
  ]
  test.each(ANSWERS)('pains #49: %s, at any border of pieces, are thoughts', async (_name, answer, thinking, text) => {
    const whole = { choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }] }
    const framesFor = (at: number): string[] => [
      ...[answer.slice(0, at), answer.slice(at)].map((content) => sse({ choices: [{ index: 0, delta: { content } }] })),
      sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      sse('[DONE]'),
    ]
    let at = 0
    await using scene = await createScene(
      'openai-chat',
      ({ body }) => ((body as Loose)['stream'] ? stream(framesFor(at)) : json(whole)),
      { provider: dialects },
    )
    for (at = 0; at <= answer.length; at++) {
      const told = await scene.ask({})
      expect([thinkingOf(told), textOf(told), told.stopReason]).toEqual([thinking, text, 'end_turn'])
    }
    const told = await scene.ask({ stream: false })
    expect([thinkingOf(told), textOf(told)]).toEqual([thinking, text])
  })

  test('pains #49: tools called behind them arrive', async () => {
    const frames = [...'<think>Hm.</think>Look <'].map((content) =>
      sse({ choices: [{ index: 0, delta: { content } }] }),
    )
    const call = sse({
      choices: [
        { index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'read', arguments: '{}' } }] } },
      ],
    })
    const end = sse({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })
    await using scene = await createScene(
      'openai-chat',
      () => split(stream([...frames, call, end, sse('[DONE]')]), 7),
      { provider: dialects },
    )
    const told = await scene.ask({ tools: [tool('read')] })
    expect(told.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use'])
    expect(textOf(told)).toBe('Look <')
  })

  test('pains #49: a model that is not said to write them is left alone', async () => {
    await using scene = await createScene('openai-chat', { text: '<think>x</think>' })
    expect(textOf(await scene.ask({}))).toBe('<think>x</think>')
  })
})

/** An answer brought back, with results for its calls. */
function answered({ content }: Pick<Told, 'content'>): object[] {
  const results = callsOf({ content }).map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }))
  return [
    { role: 'assistant', content },
    { role: 'user', content: results },
  ]
}

/** Chat vendors have fields of their own for reasoning, which the strict one does not know. */
function strictlyUnless(protocol: SpokenProtocol) {
  return protocol === 'openai-chat' ? { text: 'Hello' } : strictly({ text: 'Hello' })
}

/** What a request says about reasoning: the values alone, in the order of their fields' names. */
function wordsOf(body: Loose): string {
  const { thinking, output_config, reasoning_effort, reasoning, enable_thinking, generationConfig } = body
  const { thinkingBudget, thinkingLevel, includeThoughts } = generationConfig?.thinkingConfig ?? {}
  return [
    output_config?.effort ?? reasoning_effort ?? reasoning?.effort ?? reasoning?.enabled ?? enable_thinking,
    thinking?.type,
    thinkingBudget ?? thinkingLevel,
    includeThoughts,
  ]
    .filter((word) => word !== undefined)
    .join(' ')
}

function budgetOf(body: Loose): number | undefined {
  return (
    body['thinking']?.budget_tokens ??
    body['thinking_budget'] ??
    body['reasoning']?.max_tokens ??
    body['generationConfig']?.thinkingConfig?.thinkingBudget
  )
}

/** Waits for what is written behind the answer's back. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('it never happened')
    // oxlint-disable-next-line no-await-in-loop -- it is waited for
    await Bun.sleep(1)
  }
}

function scratchDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'ccr-pains-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
