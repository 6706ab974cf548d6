import { describe, expect, test } from 'bun:test'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chatAnswer } from '../helper/turn-chat.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk, installClaude, readUntil, startedWith, type Desk } from './program.ts'

async function deskWithClaude(action?: string, config: object = configOf()): Promise<Desk> {
  const desk = await createDesk()
  await desk.write(CONFIG, config)
  await installClaude(desk, action)
  return desk
}

describe('the arguments of ccr code', () => {
  test.each([
    [[]],
    [['--help']],
    [['-h']],
    [['-v']],
    [['--version']],
    [['--model', 'a,b']],
    [['-p', `it's "quoted" $(touch pwned) \`id\` $HOME %PATH% \\ * ; & | < > !`]],
    [['-p', 'two\nlines\tand ünïcödé 🦀']],
    [['--allowedTools', 'Bash', '--allowedTools', 'Read', '--allowedTools=Write']],
    [['-p', '', '--', '--settings', '-']],
    [['--debug', 'word', '--no-x', '0', '-abc', '--key=']],
    [['start', 'code', 'help', 'mcp', 'list']],
  ])('%p reach Claude Code untouched', async (args) => {
    await using desk = await deskWithClaude()
    const ended = await desk.ccr(['code', ...args])
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
    expect((await startedWith(desk)).args).toEqual(args)
    expect(await readdir(desk.work)).toEqual([])
  })
})

describe('the end of ccr code', () => {
  test.each([0, 1, 2, 42, 255])('is that of Claude Code: exit code %d', async (code) => {
    await using desk = await deskWithClaude(`exit ${code}`)
    expect((await desk.ccr(['code'])).code).toBe(code)
  })

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
  ])('is 128 and the number of the signal that ended it: SIG%s', async (signal, code) => {
    await using desk = await deskWithClaude(`kill -${signal} $$`)
    expect((await desk.ccr(['code'])).code).toBe(code)
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s is passed on, and Claude Code decides', async (signal) => {
    await using desk = await deskWithClaude(
      `trap 'echo got it; exit 7' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`,
    )
    const child = await desk.spawn(['code'])
    const [first, second] = child.stdout.tee()
    await readUntil(first, /ready/)
    child.kill(signal)
    expect(await child.exited).toBe(7)
    expect(await new Response(second).text()).toBe('ready\ngot it\n')
  })

  test.each(['SIGINT', 'SIGQUIT'] as const)('%s is left to the terminal, which sends it to both', async (signal) => {
    await using desk = await deskWithClaude(
      `trap 'exit 9' ${signal.slice(3)}; trap 'exit 3' USR1; echo $$; while :; do sleep 0.05; done`,
    )
    const child = await desk.spawn(['code'])
    const claude = Number(await readUntil(child.stdout, /\d+\n/))
    child.kill(signal)
    process.kill(claude, 'SIGUSR1')
    expect(await child.exited).toBe(3)
  })
})

describe('the environment of Claude Code', () => {
  test('leads to the router of this run, with a key of this run', async () => {
    await using desk = await deskWithClaude()
    const keys = new Set<string>()
    for (let run = 0; run < 2; run++) {
      await desk.ccr(['code'], {
        env: {
          ANTHROPIC_API_KEY: 'sk-user',
          ANTHROPIC_BASE_URL: 'http://example.invalid',
          ANTHROPIC_AUTH_TOKEN: 'old',
        },
      })
      const { env } = await startedWith(desk)
      expect(env['ANTHROPIC_BASE_URL']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(env).not.toHaveProperty('ANTHROPIC_API_KEY')
      keys.add(env['ANTHROPIC_AUTH_TOKEN'] ?? '')
    }
    expect([...keys].every((key) => key.length > 30)).toBe(true)
    expect(keys.size).toBe(2)
  })

  test('is a router that answers, to its key only', async () => {
    await using upstream = await createUpstream((request) => chatAnswer(request, { text: 'hello', usage: USAGE }))
    const call = `call() { curl -s --noproxy '*' -o /dev/null -w '%{http_code} ' -H "authorization: Bearer $1" -H 'content-type: application/json' \\
      -d '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}' "$ANTHROPIC_BASE_URL/v1/messages?beta=true"; }`
    await using desk = await deskWithClaude(`${call}; call "$ANTHROPIC_AUTH_TOKEN"; call wrong`, configOf(upstream.url))
    const ended = await desk.ccr(['code'])
    expect(ended.stdout).toBe('200 401 ')
    // Prompt tokens of OpenAI hold the cached ones: all of them came in.
    expect(ended.stderr).toMatch(/^ccr: lab,lab-model \(1\) · 2,219 tokens in \(707 from cache\), 97 out.*\n$/)
  })

  test('keeps what is nobody else’s business', async () => {
    await using desk = await deskWithClaude()
    await desk.ccr(['code'], { env: { EDITOR: 'vi -R', EMPTY: '', ANTHROPIC_MODEL: 'x', DISABLE_TELEMETRY: 'mine' } })
    expect((await startedWith(desk)).env).toMatchObject({
      EDITOR: 'vi -R',
      EMPTY: '',
      ANTHROPIC_MODEL: 'x',
      DISABLE_TELEMETRY: 'mine',
      DISABLE_COST_WARNINGS: 'true',
      API_TIMEOUT_MS: '600000',
    })
  })

  test('has none of the switches to other services, and none that would change how Bun programs run', async () => {
    await using desk = await deskWithClaude()
    const gone = {
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_USE_VERTEX: '1',
      CLAUDE_CODE_USE_FOUNDRY: '1',
      ANTHROPIC_UNIX_SOCKET: '/nowhere',
      BUN_CONFIG_MAX_HTTP_REQUESTS: '512',
      BUN_INSPECT_NOTIFY: 'x',
    }
    await desk.ccr(['code'], { env: gone })
    const { env } = await startedWith(desk)
    expect(Object.keys(gone).filter((name) => name in env)).toEqual([])
  })

  test('exempts the router from proxies and keeps the exemptions of the user', async () => {
    await using desk = await deskWithClaude()
    await desk.ccr(['code'], {
      env: { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'a.example, 10.0.0.0/8', no_proxy: 'b.example' },
    })
    const { env } = await startedWith(desk)
    expect(env['NO_PROXY']).toBe('a.example,10.0.0.0/8,b.example,127.0.0.1,localhost,::1')
    expect(env['no_proxy']).toBe(env['NO_PROXY'])
  })

  test('obeys the config: timeout, small model, non-interactive', async () => {
    const config = configOf(undefined, {
      API_TIMEOUT_MS: 1234,
      ANTHROPIC_SMALL_FAST_MODEL: 'small',
      NON_INTERACTIVE_MODE: true,
    })
    await using desk = await deskWithClaude(undefined, config)
    await desk.ccr(['code'])
    const { env, input } = await startedWith(desk)
    expect(env).toMatchObject({
      API_TIMEOUT_MS: '1234',
      ANTHROPIC_SMALL_FAST_MODEL: 'small',
      CI: 'true',
      FORCE_COLOR: '0',
      NODE_NO_READLINE: '1',
      TERM: 'dumb',
    })
    expect(input).toBe('')
  })
})

describe('settings of the user that lead past the router', () => {
  const elsewhere = { env: { ANTHROPIC_BASE_URL: 'http://example.invalid', ANTHROPIC_AUTH_TOKEN: 'old' } }

  test.each([
    ['of the user', 'home/.claude/settings.json', elsewhere, 'ANTHROPIC_BASE_URL'],
    [
      'of the project',
      'work/.claude/settings.json',
      { env: { CLAUDE_CODE_USE_BEDROCK: '1' } },
      'CLAUDE_CODE_USE_BEDROCK',
    ],
    [
      'of the checkout',
      'work/.claude/settings.local.json',
      { env: { ANTHROPIC_API_KEY: 'sk-x' } },
      'ANTHROPIC_API_KEY',
    ],
    ['of a parent folder', '.claude/settings.json', { apiKeyHelper: 'echo x' }, 'apiKeyHelper'],
  ])('%s are overridden, and named', async (_name, path, settings, key) => {
    await using desk = await deskWithClaude()
    const file = await desk.write(path, settings)
    const ended = await desk.ccr(['code', '-p', 'hi'])
    const { args, env, settings: given } = await startedWith(desk)
    expect(ended.stderr).toContain(`overridden for this run: ${key}`)
    expect(ended.stderr).toContain(file)
    expect(args.slice(2)).toEqual(['-p', 'hi'])
    expect(args[0]).toBe('--settings')
    expect(JSON.parse(given?.text ?? '')).toMatchObject({
      env: {
        ANTHROPIC_BASE_URL: env['ANTHROPIC_BASE_URL'],
        ANTHROPIC_AUTH_TOKEN: env['ANTHROPIC_AUTH_TOKEN'],
        ANTHROPIC_API_KEY: '',
      },
      apiKeyHelper: '',
    })
    // The key is in a file that only the user can read, not among the arguments, and the file is gone afterwards.
    expect(given?.mode).toBe('600\n700')
    expect(args.join(' ')).not.toContain(env['ANTHROPIC_AUTH_TOKEN'] ?? '')
    expect(await readdir(join(desk.root, 'tmp'))).toEqual([])
  })

  test('--settings of the user is merged into ours, at its place', async () => {
    await using desk = await deskWithClaude()
    const theirs = JSON.stringify({ ...elsewhere, model: 'opus', env: { ...elsewhere.env, MINE: '1' } })
    await desk.ccr(['code', '-p', '--settings', theirs, 'hi'])
    const { args, env, settings } = await startedWith(desk)
    expect([args[0], args[1], args[3]]).toEqual(['-p', '--settings', 'hi'])
    expect(args).toHaveLength(4)
    expect(JSON.parse(settings?.text ?? '')).toMatchObject({
      model: 'opus',
      env: { MINE: '1', ANTHROPIC_BASE_URL: env['ANTHROPIC_BASE_URL'] },
    })
  })

  test('--settings=FILE is read from the working folder, comments and all', async () => {
    await using desk = await deskWithClaude()
    await desk.write(
      'work/mine.json',
      '{ "model": "opus", /* a gateway */ "env": { "ANTHROPIC_BASE_URL": "http://example.invalid" } }',
    )
    await desk.ccr(['code', '--settings=mine.json'])
    const { args, settings } = await startedWith(desk)
    expect(args[0]).toMatch(/^--settings=.*ccr-.*settings\.json$/)
    expect(JSON.parse(settings?.text ?? '')).toMatchObject({ model: 'opus', apiKeyHelper: '' })
  })

  test.each([
    ['harmless', '{"model":"opus"}'],
    ['broken', '{"env":'],
    ['missing', 'nowhere.json'],
  ])('--settings that is %s stays as it is', async (_name, value) => {
    await using desk = await deskWithClaude()
    await desk.ccr(['code', '--settings', value])
    expect((await startedWith(desk)).args).toEqual(['--settings', value])
  })

  test('NO_PROXY in a settings file is extended, too', async () => {
    await using desk = await deskWithClaude()
    await desk.write('home/.claude/settings.json', {
      env: { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'corp.example' },
    })
    await desk.ccr(['code'], { env: { NO_PROXY: 'a.example' } })
    const noProxy = 'a.example,corp.example,127.0.0.1,localhost,::1'
    const { settings } = await startedWith(desk)
    const { env } = JSON.parse(settings?.text ?? '')
    expect([env.NO_PROXY.split(',').toSorted(), env.no_proxy]).toEqual([noProxy.split(',').toSorted(), env.NO_PROXY])
  })

  test('CLAUDE_CONFIG_DIR says where the settings of the user are', async () => {
    await using desk = await deskWithClaude()
    await desk.write('elsewhere/settings.json', elsewhere)
    const ended = await desk.ccr(['code'], { env: { CLAUDE_CONFIG_DIR: join(desk.root, 'elsewhere') } })
    expect(ended.stderr).toContain('overridden')
  })
})

describe('finding Claude Code', () => {
  test('CLAUDE_PATH of the config comes before that of the environment, which comes before PATH', async () => {
    await using desk = await createDesk()
    const [config, env, path] = await Promise.all(
      ['config', 'env', 'bin'].map((place) => installClaude(desk, `echo ${place}`, `${place} dir/claude`)),
    )
    const variables = { CLAUDE_PATH: env as string, PATH: `${join(path as string, '..')}:${desk.env['PATH']}` }
    await desk.write(CONFIG, configOf(undefined, { CLAUDE_PATH: config }))
    expect((await desk.ccr(['code'], { env: variables })).stdout).toBe('config\n')
    await desk.write(CONFIG, configOf())
    expect((await desk.ccr(['code'], { env: variables })).stdout).toBe('env\n')
    expect((await desk.ccr(['code'], { env: { PATH: variables.PATH } })).stdout).toBe('bin\n')
  })

  test('~ in CLAUDE_PATH is the home directory', async () => {
    await using desk = await deskWithClaude('echo found', configOf(undefined, { CLAUDE_PATH: '~/.local/bin/claude' }))
    expect((await desk.ccr(['code'])).stdout).toBe('found\n')
  })

  test('without Claude Code it ends with 127 and says how to get it', async () => {
    await using desk = await createDesk()
    await desk.write(CONFIG, configOf())
    const ended = await desk.ccr(['code'], { env: { PATH: '/nowhere' } })
    expect(ended).toMatchObject({ code: 127, stdout: '' })
    expect(ended.stderr).toContain('npm install -g @anthropic-ai/claude-code')
  })

  test('a CLAUDE_PATH that leads nowhere is named', async () => {
    await using desk = await deskWithClaude(undefined, configOf(undefined, { CLAUDE_PATH: '/nowhere/claude' }))
    const ended = await desk.ccr(['code'])
    expect(ended.code).toBe(127)
    expect(ended.stderr).toContain('CLAUDE_PATH of the config file is /nowhere/claude')
  })

  test('a program that cannot be started is named, with the reason', async () => {
    await using desk = await createDesk()
    const file = await desk.write('bin/claude', 'no program at all\u0000', 0o755)
    await desk.write(CONFIG, configOf(undefined, { CLAUDE_PATH: file }))
    const ended = await desk.ccr(['code'])
    expect(ended.code).toBe(126)
    expect(ended.stderr).toContain(file)
    await Promise.all([chmod(file, 0o644), rm(file)])
  })
})

describe('without a provider and without a terminal', () => {
  test('it says what to write and where, and starts nothing', async () => {
    await using desk = await createDesk()
    await installClaude(desk)
    const ended = await desk.ccr(['code', '-p', 'hi'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(join(desk.root, CONFIG))
    expect(ended.stderr).toContain('"Providers"')
    expect((await startedWith(desk)).args).toEqual([])
  })

  test('what it says to write is a config that can be used', async () => {
    await using desk = await createDesk()
    await installClaude(desk)
    const { stderr } = await desk.ccr(['code'])
    await desk.write(CONFIG, /^\{[^]*^\}$/m.exec(stderr)?.[0] ?? '')
    expect((await desk.ccr(['config', 'check'], { env: { OPENROUTER_API_KEY: 'sk-or-1' } })).code).toBe(0)
  })

  test.each([['--version'], ['--help']])('%s of Claude Code works all the same', async (option) => {
    await using desk = await createDesk()
    await installClaude(desk, 'echo asked')
    expect(await desk.ccr(['code', option])).toMatchObject({ code: 0, stdout: 'asked\n' })
  })
})
