import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG, configOf, createDesk, installClaude, readUntil, startedWith, type Desk } from '../cli/program.ts'

// People start the executable inside repositories that they have just cloned.
const run = (mark: string): string => `require('node:fs').writeFileSync(${JSON.stringify(mark)}, 'ran')`

async function hostileDesk(): Promise<Desk & { mark: string }> {
  const desk = await createDesk()
  const mark = join(desk.root, 'mark')
  await Promise.all([
    desk.write(
      'work/.env',
      'EVIL=1\nHTTPS_PROXY=http://127.0.0.1:9\nHTTP_PROXY=http://127.0.0.1:9\nNODE_TLS_REJECT_UNAUTHORIZED=0\nCCR_HOME=/nowhere\nCLAUDE_PATH=/nowhere\n',
    ),
    desk.write('work/.env.local', 'EVIL=2\n'),
    desk.write('work/.env.production', 'EVIL=3\n'),
    desk.write('work/.env.development', 'EVIL=4\n'),
    desk.write(
      'work/bunfig.toml',
      'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n[define]\n"CCR_VERSION" = "\'evil\'"\n',
    ),
    desk.write('work/.bunfig.toml', 'preload = ["./evil.js"]\n'),
    desk.write('work/evil.js', run(mark)),
    desk.write('work/package.json', {
      name: 'evil',
      type: 'commonjs',
      main: './evil.js',
      imports: { '#*': './evil.js' },
      scripts: { preinstall: `node evil.js` },
    }),
    desk.write(
      'work/tsconfig.json',
      '{ "extends": "./evil.json", "compilerOptions": { "paths": { "*": ["./evil.js"] }, "jsxImportSource": "./evil" } }',
    ),
    ...['elysia', 'citty', '@anthropic-ai/sdk'].map((name) =>
      desk.write(`work/node_modules/${name}/index.js`, run(mark)),
    ),
    desk.write('work/node_modules/elysia/package.json', { name: 'elysia', main: 'index.js' }),
    desk.write(CONFIG, configOf()),
  ])
  await installClaude(desk)
  return { ...desk, mark }
}

describe('in a directory with hostile .env, bunfig.toml, package.json, tsconfig.json and node_modules', () => {
  test.each([[['--version']], [['help']], [['config', 'check']], [['demo']]])('%p runs nothing of it', async (args) => {
    await using desk = await hostileDesk()
    expect((await desk.ccr(args)).code).toBe(0)
    expect(existsSync(desk.mark)).toBe(false)
  })

  test('a server runs nothing of it, whatever it is asked', async () => {
    await using desk = await hostileDesk()
    const child = await desk.spawn(['start', '--port', '0'])
    const url = /http:\S+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
    for (const path of ['/', '/health', '/v1/models', '/nothing']) await (await fetch(url + path)).text()
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(existsSync(desk.mark)).toBe(false)
  })

  test('Claude Code gets none of its variables', async () => {
    await using desk = await hostileDesk()
    expect((await desk.ccr(['code'])).code).toBe(0)
    const { env } = await startedWith(desk)
    expect(env['ANTHROPIC_BASE_URL']).toStartWith('http://127.0.0.1:')
    for (const name of ['EVIL', 'HTTPS_PROXY', 'HTTP_PROXY', 'NODE_TLS_REJECT_UNAUTHORIZED', 'CCR_HOME'])
      expect(env).not.toHaveProperty(name)
    expect(existsSync(desk.mark)).toBe(false)
  })

  test.skipIf(!Bun.which('strace'))('none of the files is opened', async () => {
    await using desk = await hostileDesk()
    const trace = join(desk.root, 'trace')
    const { executable } = await import('../client/agent.ts')
    const traced = Bun.spawnSync(
      ['strace', '-f', '-o', trace, '-e', 'trace=open,openat,openat2', await executable(), 'demo'],
      { cwd: desk.work, env: desk.env },
    )
    expect(traced.exitCode).toBe(0)
    const opened = (await Bun.file(trace).text()).split('\n').filter((line) => !line.includes('ENOENT'))
    expect(
      opened.filter((line) => /"[^"]*(?:\.env|bunfig|package\.json|tsconfig|evil|node_modules)/.test(line)),
    ).toEqual([])
  })

  // The test above proves something only if the files do harm where they are read.
  test('a Bun program that does load them is taken over', async () => {
    await using desk = await hostileDesk()
    const entry = await desk.write('work/main.ts', 'console.log(process.env.EVIL)')
    const plain = Bun.spawnSync([process.execPath, entry], { cwd: desk.work, env: desk.env })
    expect(plain.stdout.toString()).not.toBe('undefined\n')
    expect(existsSync(desk.mark)).toBe(true)
  })
})
