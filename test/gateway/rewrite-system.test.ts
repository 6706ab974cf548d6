import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'ccr-prompt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'prompt.md')

const BILLING = 'x-anthropic-billing-header: cc_version=2.1.330.2b8; cc_entrypoint=cli;'
const IDENTITY = "You are Claude Code, Anthropic's official CLI for Claude."
const SDK_IDENTITY = "You are a Claude agent, built on Anthropic's Claude Agent SDK."
const PROMPT = `You are an agent. ${'Rules follow. '.repeat(300)}`
const ENVIRONMENT = '<env>\nWorking directory: /w\n</env>\nYou are powered by a model.'
const USER_AGENT = { 'user-agent': 'claude-cli/2.1.330 (external, cli)' }
const TOOLS = [{ name: 'Bash', input_schema: { type: 'object' } }]
const block = (text: string) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })

interface Setting {
  readonly system: unknown
  readonly headers?: Record<string, string>
  readonly tools?: readonly object[]
  readonly file?: string
}

async function sent({ system, headers = USER_AGENT, tools = TOOLS, file: named = file }: Setting, times = 1) {
  await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hi' }))
  const { gateway, lines, calls } = testGateway({
    providers: [testProvider(upstream.url, 'anthropic-messages')],
    systemPromptFile: named,
  })
  const body = { model: 'claude-x', max_tokens: 100, system, tools, messages: [{ role: 'user', content: 'Hi' }] }
  for (let time = 0; time < times; time++)
    expect((await gateway(post('/v1/messages', body, { headers }))).status).toBe(200)
  const [{ body: sentBody }] = upstream.requests as [Received]
  const { system: got } = sentBody as { system: string | { text: string; cache_control?: object }[] }
  return {
    system: got,
    texts: typeof got === 'string' ? [got] : got.map(({ text }) => text),
    lines,
    relayed: calls[0]?.relayed,
  }
}

describe('the prompt of Claude Code is replaced', () => {
  test.each<[string, string[], string[]]>([
    ['the third block of current versions', [BILLING, IDENTITY, PROMPT], [BILLING, IDENTITY, 'Mine.\n']],
    ['in -p', [BILLING, SDK_IDENTITY, PROMPT], [BILLING, SDK_IDENTITY, 'Mine.\n']],
    ['without the billing line', [IDENTITY, PROMPT], [IDENTITY, 'Mine.\n']],
    [
      'the second block of older versions, up to <env>',
      [IDENTITY, `${PROMPT}${ENVIRONMENT}`],
      [IDENTITY, `Mine.\n${ENVIRONMENT}`],
    ],
    ['up to the last <env>', [IDENTITY, `${PROMPT}<env>${PROMPT}${ENVIRONMENT}`], [IDENTITY, `Mine.\n${ENVIRONMENT}`]],
    [
      'and no other block',
      [BILLING, IDENTITY, PROMPT, 'Speak French.'],
      [BILLING, IDENTITY, 'Mine.\n', 'Speak French.'],
    ],
  ])('%s', async (_name, before, after) => {
    writeFileSync(file, 'Mine.\n')
    const { texts, relayed } = await sent({ system: before.map(block) })
    expect(texts).toEqual(after)
    expect(relayed).toBe(false)
  })

  test('the block keeps its cache mark, and a string stays a string', async () => {
    writeFileSync(file, 'Mine.\n')
    expect((await sent({ system: [block(IDENTITY), block(PROMPT)] })).system).toEqual([
      block(IDENTITY),
      block('Mine.\n'),
    ] as never)
    expect((await sent({ system: PROMPT })).system).toBe('Mine.\n')
  })

  test('an empty file takes it out', async () => {
    writeFileSync(file, '\n')
    expect((await sent({ system: [BILLING, IDENTITY, PROMPT].map(block) })).texts).toEqual([BILLING, IDENTITY])
    expect((await sent({ system: [IDENTITY, PROMPT + ENVIRONMENT].map(block) })).texts).toEqual([
      IDENTITY,
      `\n${ENVIRONMENT}`,
    ])
  })

  test('by what the file says now', async () => {
    writeFileSync(file, 'First.')
    await using upstream = await createUpstream((request) => answerTurn(request, { text: 'Hi' }))
    const { gateway } = testGateway({ providers: [testProvider(upstream.url, 'openai-chat')], systemPromptFile: file })
    const ask = () =>
      gateway(
        post(
          '/v1/messages',
          { model: 'x', max_tokens: 9, system: PROMPT, tools: TOOLS, messages: [{ role: 'user', content: 'Hi' }] },
          { headers: USER_AGENT },
        ),
      )
    await ask()
    writeFileSync(file, 'Second, and longer.')
    await ask()
    expect(
      upstream.requests.map(({ text }) => [text.includes('First.'), text.includes('Second, and longer.')]),
    ).toEqual([
      [true, false],
      [false, true],
    ])
  })
})

describe('everything else is left alone, and relayed', () => {
  test.each<[string, Setting]>([
    [
      'a sub-agent, by its header',
      { system: [BILLING, IDENTITY, PROMPT].map(block), headers: { ...USER_AGENT, 'x-claude-code-agent-id': 'a1' } },
    ],
    ['a sub-agent, by its billing line', { system: [`${BILLING} cc_is_subagent=true;`, IDENTITY, PROMPT].map(block) }],
    ['a title, which has no tools', { system: [BILLING, IDENTITY, PROMPT].map(block), tools: [] }],
    [
      'a web search',
      { system: [IDENTITY, PROMPT].map(block), tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    ],
    ['a short prompt, which the user gave', { system: [BILLING, IDENTITY, 'You are a poet.'].map(block) }],
    ['another agent', { system: PROMPT + ENVIRONMENT, headers: { 'user-agent': 'opencode/1.18.33' } }],
    ['no prompt', { system: [BILLING, IDENTITY].map(block) }],
  ])('%s', async (_name, setting) => {
    writeFileSync(file, 'Mine.\n')
    const { system, relayed } = await sent(setting)
    expect(system).toEqual(setting.system as never)
    expect(relayed).toBe(true)
  })

  test('a file that is not there is a warning, told once, and the request goes on', async () => {
    const gone = join(folder, 'gone.md')
    const { texts, lines, relayed } = await sent({ system: [IDENTITY, PROMPT].map(block), file: gone }, 3)
    expect(texts).toEqual([IDENTITY, PROMPT])
    expect(relayed).toBe(true)
    const warnings = lines.filter(({ level }) => level === 'warn')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain(`REWRITE_SYSTEM_PROMPT: ${gone} cannot be read`)
  })
})
