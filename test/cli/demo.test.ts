import { describe, expect, test } from 'bun:test'
import { answerTo, FIRST, MODEL, QUESTION, SECOND } from '../../src/cli/demo/script.ts'
import { judgeFirst } from '../../src/cli/demo/judge.ts'
import { createDesk } from './program.ts'

describe('ccr demo', () => {
  test('shows a conversation with a tool call, its routes and tokens, and ends with 0', async () => {
    await using desk = await createDesk()
    const ended = await desk.ccr(['demo'])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    for (const text of [QUESTION, FIRST.text, SECOND.text, 'get_weather {"city":"Zürich"}', `demo,${MODEL}`])
      expect(ended.stdout).toContain(text)
    expect(ended.stdout).toContain('120 tokens in, 31 out')
    expect(ended.stdout).toContain('180 tokens in (96 from cache), 24 out')
    expect(ended.stdout).toContain('default: ')
    expect(ended.stdout).not.toContain('\u001b')
  })

  test.each([
    [
      'a proxy',
      { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' },
    ],
    [
      'keys and addresses of a real account',
      { ANTHROPIC_API_KEY: 'sk-x', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_AUTH_TOKEN: 'y' },
    ],
    ['another port for the router', { SERVICE_PORT: '1' }],
  ])('works the same with %s in the environment', async (_name, env) => {
    await using desk = await createDesk()
    expect(await desk.ccr(['demo'], { env })).toMatchObject({ code: 0, stderr: '' })
  })

  test('does not need or read a config file', async () => {
    await using desk = await createDesk()
    await desk.write('home/.claude-code-router/config.json', '{ broken')
    expect((await desk.ccr(['demo'])).code).toBe(0)
  })
})

describe('what the demo would notice', () => {
  const request = { model: MODEL, stream: true, messages: [{ role: 'user', content: QUESTION }] }

  test.each([
    ['another model', { ...request, model: 'x' }, 'the model is "x"'],
    ['no stream', { ...request, stream: false }, 'no stream'],
    ['a changed question', { ...request, messages: [{ role: 'user', content: 'hm' }] }, 'the question was changed'],
    [
      'a foreign tool id',
      { ...request, messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] },
      'the tool result has the id "x"',
    ],
    [
      'a changed result',
      { ...request, messages: [{ role: 'tool', tool_call_id: 'call_demo_1', content: '{}' }] },
      'the tool result was changed',
    ],
    ['no message', { ...request, messages: [] }, 'the last message is neither'],
  ])('in the request: %s', (_name, body, problem) => {
    expect(answerTo(body)).toStartWith(problem)
  })

  test('in the answer: text, blocks, tool, arguments, stop reason, tokens, pace', () => {
    const message = {
      id: 'm',
      content: [{ type: 'text', text: 'x', citations: null }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    } as unknown as Parameters<typeof judgeFirst>[0]
    const problems = judgeFirst(message, 1).join('\n')
    for (const about of [
      'first text',
      'content blocks',
      'tool',
      'arguments',
      'stop reason',
      'input tokens',
      'output tokens',
      'one piece',
    ]) {
      expect(problems).toContain(about)
    }
  })
})
