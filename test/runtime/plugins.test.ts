import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG, configOf, createDesk, installClaude, readUntil, startedWith, type Desk } from '../cli/program.ts'
import { json } from '../helper/answer.ts'
import { createUpstream } from '../helper/upstream.ts'

setDefaultTimeout(30_000)

const upstream = await createUpstream(() =>
  json({
    id: 'c1',
    object: 'chat.completion',
    model: 'lab-model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  }),
)
afterAll(() => upstream.close())

// One package is first asked for while a call runs.
const body = `async transformRequestIn(request) {
  const { default: late } = await import('late-mark')
  return { body: { ...request, marks: [mark, scoped, deep, late], said: this.options.say }, config: {} }
}`

/** The same plugin in each kind of file, with packages of every layout. */
const kinds: Record<string, string> = {
  js: `const mark = require('cjs-mark'); const { scoped } = require('@lab/dual'); const deep = require('cjs-mark/deep')
module.exports = class { name = 'lab-js'; constructor(options) { this.options = options }; ${body} }`,
  cjs: `const mark = require('cjs-mark'); const { scoped } = require('@lab/dual'); const deep = require('cjs-mark/deep.js')
class Lab { constructor(options) { this.options = options; this.name = 'lab-cjs' }; ${body} }
module.exports = Lab`,
  mjs: `import mark from 'cjs-mark'; import { scoped } from '@lab/dual'; import deep from 'esm-mark/deep'
export default class { name = 'lab-mjs'; constructor(options) { this.options = options }; ${body} }`,
  ts: `import mark from 'cjs-mark'; import { scoped } from '@lab/dual'; import { deep } from './beside'
enum Kind { Ts = 'lab-ts' }
export default class Lab { readonly name: string = Kind.Ts; constructor(private readonly options: { say: string }) {}
${body.replace('(request)', '(request: Record<string, unknown>)')} }`,
}

const packages: Record<string, string> = {
  'cjs-mark/package.json': '{ "name": "cjs-mark", "main": "lib/main.js" }',
  'cjs-mark/lib/main.js': "module.exports = 'cjs:' + require('inner-mark')",
  'cjs-mark/deep.js': "module.exports = 'deep'",
  'inner-mark/package.json': '{ "name": "inner-mark" }',
  'inner-mark/index.js': "module.exports = 'inner'",
  'late-mark/package.json': '{ "name": "late-mark", "exports": "./late.mjs" }',
  'late-mark/late.mjs': "export default 'late'",
  'esm-mark/package.json':
    '{ "name": "esm-mark", "type": "module", "exports": { "./deep": { "import": "./lib/deep.js" } }, "imports": { "#own": "./lib/own.js" } }',
  'esm-mark/lib/deep.js': "export { default } from '#own'",
  'esm-mark/lib/own.js': "export default 'deep'",
  '@lab/dual/package.json':
    '{ "name": "@lab/dual", "exports": { ".": { "import": "./dual.mjs", "require": "./dual.cjs" } } }',
  '@lab/dual/dual.mjs': "export const scoped = 'scoped'",
  '@lab/dual/dual.cjs': "exports.scoped = 'scoped'",
}

const PLUGINS = 'home/.claude-code-router/plugins'

/** A desk with the plugin of a kind, whose working directory is hostile. */
async function pluginDesk(kind: string): Promise<Desk & { readonly mark: string }> {
  const desk = await createDesk()
  const mark = join(desk.root, 'mark')
  const evil = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, 'ran')`
  await Promise.all([
    desk.write(`${PLUGINS}/lab.${kind}`, kinds[kind] ?? ''),
    desk.write(`${PLUGINS}/beside.ts`, "export const deep: string = 'deep'"),
    ...Object.entries(packages).map(([path, text]) => desk.write(`${PLUGINS}/node_modules/${path}`, text)),
    desk.write('work/package.json', {
      name: 'cjs-mark',
      main: './evil.js',
      exports: './evil.js',
      imports: { '#own': './evil.js' },
      browser: { 'cjs-mark': './evil.js' },
    }),
    desk.write('work/tsconfig.json', '{ "compilerOptions": { "paths": { "*": ["./evil.js"] }, "baseUrl": "." } }'),
    desk.write('work/evil.js', evil),
    ...['cjs-mark', 'esm-mark', '@lab/dual', 'late-mark', 'absent-mark'].map((name) =>
      desk.write(`work/node_modules/${name}/index.js`, evil),
    ),
    desk.write(
      CONFIG,
      configOf(upstream.url, {
        transformers: [{ path: `$HOME/.claude-code-router/plugins/lab.${kind}`, options: { say: 'hello' } }],
        Providers: [
          {
            name: 'lab',
            api_base_url: `${upstream.url}/v1/chat/completions`,
            api_key: 'lab-key-1',
            models: ['lab-model'],
            transformer: { use: [`lab-${kind}`] },
          },
        ],
      }),
    ),
  ])
  return { ...desk, mark }
}

const ask = (url: string) =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
  })

describe('the executable loads a plugin of the user with packages beside it, in a hostile directory', () => {
  test.each(Object.keys(kinds))('from .%s', async (kind) => {
    await using desk = await pluginDesk(kind)
    const child = await desk.spawn(['start', '--port', '0'])
    const url = /http:\S+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
    const response = await ask(url)
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'hi' }] })
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(await new Response(child.stderr).text()).not.toContain('warn')
    expect(upstream.requests.at(-1)?.body).toMatchObject({
      marks: ['cjs:inner', 'scoped', 'deep', 'late'],
      said: 'hello',
    })
    expect(existsSync(desk.mark)).toBe(false)
  })

  test.skipIf(!Bun.which('strace'))('and opens nothing of that directory', async () => {
    await using desk = await pluginDesk('ts')
    const trace = join(desk.root, 'trace')
    const { executable } = await import('../client/agent.ts')
    const traced = Bun.spawnSync(
      ['strace', '-f', '-y', '-o', trace, '-e', 'trace=open,openat,openat2', await executable(), 'config', 'check'],
      { cwd: desk.work, env: desk.env },
    )
    expect({ code: traced.exitCode, out: traced.stdout.toString() }).toMatchObject({
      code: 0,
      out: expect.stringContaining('lab-model'),
    })
    const opened = (await Bun.file(trace).text()).split('\n').filter((line) => !line.includes('ENOENT'))
    expect(opened.filter((line) => line.includes('lab.ts')).length).toBeGreaterThan(0)
    expect(opened.filter((line) => /> *= *\d+<|= \d+</.test(line) && line.includes(`<${desk.work}/`))).toEqual([])
  })

  test('a package that is missing is not taken from the directory of the process', async () => {
    await using desk = await pluginDesk('js')
    await desk.write(`${PLUGINS}/lab.js`, "require('absent-mark'); module.exports = class {}")
    const { stdout, code } = await desk.ccr(['config', 'check'])
    expect(stdout).toContain("lab.js did not load: Cannot find module 'absent-mark'")
    expect(code).toBe(0)
    expect(existsSync(desk.mark)).toBe(false)
  })
})

test('a plugin that throws is named at start, and the other providers answer', async () => {
  await using desk = await pluginDesk('js')
  await desk.write(`${PLUGINS}/lab.js`, "throw new Error('no login')")
  const child = await desk.spawn(['start', '--port', '0'])
  const url = /http:\S+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
  const response = await ask(url)
  expect(response.status).toBe(501)
  expect(await response.json()).toMatchObject({
    type: 'error',
    error: { message: expect.stringMatching(/lab \(lab-model\).*lab-js.*lab\.js did not load: no login/) },
  })
  child.kill('SIGTERM')
  await child.exited
  expect(await new Response(child.stderr).text()).toMatch(
    /warning: .*config\.json:1:\d+: .*lab\.js did not load: no login/,
  )
})

test('settings of the config reach plugins in the environment, and Claude Code gets none of them', async () => {
  await using desk = await pluginDesk('js')
  const seen = join(desk.root, 'seen')
  await desk.write(
    `${PLUGINS}/lab.js`,
    `require('node:fs').writeFileSync(${JSON.stringify(seen)}, process.env.LAB_PROJECT); module.exports = { name: 'lab-js', transformRequestIn: (body) => body }`,
  )
  const config = JSON.parse(await Bun.file(join(desk.root, CONFIG)).text()) as object
  await desk.write(CONFIG, { ...config, LAB_PROJECT: 'project-1' })
  await installClaude(desk)
  expect((await desk.ccr(['code'])).code).toBe(0)
  expect(await Bun.file(seen).text()).toBe('project-1')
  expect((await startedWith(desk)).env).not.toHaveProperty('LAB_PROJECT')
})
