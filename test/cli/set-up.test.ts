import { describe, expect, test } from 'bun:test'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { askForProvider } from '../../src/cli/set-up.ts'
import { executable } from '../client/agent.ts'
import { CONFIG, createDesk, installClaude, startedWith } from './program.ts'

function answering(...answers: string[]) {
  const questions: { question: string; hidden: boolean }[] = []
  const terminal = {
    say: () => {},
    ask: (question: string, hidden = false) => {
      questions.push({ question, hidden })
      const answer = answers.shift()
      if (answer === undefined) throw new Error(`nothing to answer to: ${question}`)
      return answer
    },
  }
  return { terminal, questions }
}

describe('asking for a first provider', () => {
  test('a known one needs its number, its key and a model; the key is not shown', () => {
    const { terminal, questions } = answering('4', 'sk-deep', 'deepseek-chat')
    expect(askForProvider(terminal, {})).toEqual({
      name: 'deepseek',
      key: 'sk-deep',
      model: 'deepseek-chat',
    })
    expect(questions.map(({ hidden }) => hidden)).toEqual([false, true, false])
  })

  test('everybody of the catalog can be named, and is asked for what its URL leaves open', () => {
    const { terminal, questions } = answering('Azure OpenAI', '', 'my-resource', '', 'gpt-5.1')
    expect(askForProvider(terminal, {})).toEqual({
      name: 'azure',
      parameters: { resource: 'my-resource' },
      model: 'gpt-5.1',
    })
    expect(questions[1]?.question).toMatch(/^The name of your Azure resource/)
    expect(askForProvider(answering('LM Studio', 'm').terminal, {})).toEqual({ name: 'lmstudio', model: 'm' })
  })

  test('what the environment says is not asked for', () => {
    const { terminal } = answering('vertex', 'claude-opus-4-6')
    expect(askForProvider(terminal, { GOOGLE_CLOUD_PROJECT: 'p' })).toEqual({
      name: 'vertex',
      model: 'claude-opus-4-6',
    })
  })

  test('answers that make no sense are asked for again', () => {
    const { terminal } = answering('0', 'x', '99', '1', '', 'sk-ant', '', 'claude-opus-4-8')
    expect(askForProvider(terminal, {})).toMatchObject({ name: 'anthropic', key: 'sk-ant', model: 'claude-opus-4-8' })
  })

  test('a key that the environment has is offered by its name, so that it stays there', () => {
    const { terminal } = answering('3', '', 'a/b')
    expect(askForProvider(terminal, { OPENROUTER_API_KEY: 'sk-or' })).toMatchObject({ key: '$OPENROUTER_API_KEY' })
  })

  test.each([
    ['https://api.example.com/v1', 'https://api.example.com/v1', 'example'],
    ['api.example.com', 'https://api.example.com/', 'example'],
    ['http://localhost:8000/v1/chat/completions', 'http://localhost:8000/v1/chat/completions', 'local'],
    ['http://10.1.2.3:8000', 'http://10.1.2.3:8000/', 'local'],
  ])('another one may be at %s, without a key', (typed, url, name) => {
    const { terminal } = answering('6', 'ftp://x', typed, '', 'm')
    expect(askForProvider(terminal, {})).toEqual({ name, url, model: 'm' })
  })
})

// A pseudo-terminal, as a person has it.
describe.skipIf(process.platform === 'win32')('ccr code on a terminal without a provider', () => {
  async function typing(answers: readonly (readonly [RegExp, string])[]) {
    const desk = await createDesk()
    await installClaude(
      desk,
      'printf "claude asks: "; echo "claude reads: $(head -n 1)"; test -t 0 && test -t 1 && test -t 2 && echo has a terminal',
    )
    let shown = ''
    const waiting = [...answers]
    const child = Bun.spawn([await executable(), 'code', '-p', 'hi'], {
      cwd: desk.work,
      env: { ...desk.env, TERM: 'xterm' },
      timeout: 15_000,
      killSignal: 'SIGKILL',
      terminal: {
        data(terminal, data) {
          shown += new TextDecoder().decode(data)
          const [question, answer] = waiting[0] ?? []
          if (question?.test(shown)) {
            waiting.shift()
            terminal.write(answer ?? '')
          }
        },
      },
    })
    const code = await child.exited
    child.terminal?.close()
    return { desk, code, shown }
  }

  test('it asks, writes the config for the user alone, and goes on', async () => {
    const { desk, code, shown } = await typing([
      [/Number.*: $/, '6\r'],
      [/URL.*: $/, 'http://127.0.0.1:9/v1\r'],
      [/Key.*: $/, 'sk-very-secret\r'],
      [/Model.*: $/, 'lab-model\r'],
      [/claude asks: $/, 'for claude\r'],
    ])
    await using _ = desk
    expect(shown).toContain('claude reads: for claude')
    expect(shown).toContain('has a terminal')
    expect(shown).not.toContain('sk-very-secret')
    expect(code).toBe(0)
    expect((await startedWith(desk)).args).toEqual(['-p', 'hi'])
    const file = join(desk.root, CONFIG)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(Bun.JSON5.parse(await Bun.file(file).text())).toMatchObject({
      Providers: [{ api_base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-very-secret', models: ['lab-model'] }],
      Router: { default: 'local,lab-model' },
    })
  })

  test('Ctrl+C leaves, and writes nothing', async () => {
    const { desk, code } = await typing([
      [/Number.*: $/, '6\r'],
      [/URL.*: $/, '\u0003'],
    ])
    await using _ = desk
    expect(code).toBe(130)
    expect(await Bun.file(join(desk.root, CONFIG)).exists()).toBe(false)
    expect((await startedWith(desk)).args).toEqual([])
  })
})
