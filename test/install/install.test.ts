import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { executable } from '../client/agent.ts'
import { ANY_SHELL, COMMONER, ROOT, SHELLS, createScratch, createToolbox, runScript, writeScript } from './shell.ts'

// Each installation copies and starts 120 MB.
setDefaultTimeout(60_000)

const script = join(ROOT, 'install.sh')
const file = await executable()
const given = { CCR_INSTALL_FILE: file }
const version = Bun.spawnSync([file, '--version']).stdout.toString().trim()

for (const shell of SHELLS) {
  describe.skipIf(shell.command.length === 0)(`install.sh in ${shell.name}`, () => {
    test('installs into an empty HOME, writes a starter config and says how to reach the command', () => {
      using scratch = createScratch()
      const home = join(scratch.path, 'home')
      const { code, stdout, stderr } = runScript(shell, script, [], { ...given, HOME: home, SHELL: '/bin/bash' })
      const installed = join(home, '.local/bin/ccr')

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(Bun.spawnSync([installed, '--version']).stdout.toString().trim()).toBe(version)
      expect(readdirSync(join(home, '.local/bin'))).toEqual(['ccr'])
      expect(statSync(join(home, '.claude-code-router/config.json')).mode & 0o777).toBe(0o600)
      expect(stdout).toContain(`Installed ${version}: ${installed}`)
      expect(stdout).toContain('is not on your PATH')
      expect(stdout).toContain('~/.bashrc')
    })

    test('the line it gives for PATH works, whatever the name of HOME', () => {
      using scratch = createScratch()
      const env = { ...given, HOME: scratch.path, SHELL: '/bin/sh' }
      const { stdout } = runScript(shell, script, [], env)
      const line = /^ {2}(echo .*>> ~\/\.profile)$/m.exec(stdout)?.[1] ?? ''
      const login = join(scratch.path, 'login.sh')
      writeFileSync(login, `${line}\n. "$HOME/.profile"\ncommand -v ccr\n`)

      expect(runScript(shell, login, [], env)).toEqual({
        code: 0,
        stdout: `${scratch.path}/.local/bin/ccr\n`,
        stderr: '',
      })
      const path = `${scratch.path}/.local/bin:/usr/bin:/bin`
      expect(runScript(shell, script, [], { ...env, PATH: path }).stdout).not.toContain('PATH')
    })

    test('the line for zsh works, wherever it keeps its files', () => {
      using scratch = createScratch()
      const env = { ...given, HOME: scratch.path, SHELL: '/bin/zsh' }
      const { stdout } = runScript(shell, script, [], env)
      const line = /^ {2}(echo .*\.zshrc"?)$/m.exec(stdout)?.[1] ?? ''
      const login = join(scratch.path, 'login.sh')
      mkdirSync(join(scratch.path, 'zsh'))
      for (const [variables, written] of [
        [{}, '.zshrc'],
        [{ ZDOTDIR: join(scratch.path, 'zsh') }, 'zsh/.zshrc'],
      ] as const) {
        writeFileSync(login, `${line}\n`)
        runScript(shell, login, [], { ...env, ...variables })
        expect(readFileSync(join(scratch.path, written), 'utf8')).toStartWith('export PATH=')
      }
    })

    test.each([
      [[], '.bash_profile'],
      [['.profile'], '.profile'],
      [['.profile', '.bash_profile'], '.bash_profile'],
    ])('on macOS, where bash is a login shell and there is %j, it names ~/%s', (files, named) => {
      using scratch = createScratch()
      for (const name of files) writeFileSync(join(scratch.path, name), '')
      writeScript(join(scratch.path, 'tools/uname'), '#!/bin/sh\necho Darwin\n')
      const PATH = `${scratch.path}/tools:/usr/bin:/bin`
      const { stdout } = runScript(shell, script, [], { ...given, HOME: scratch.path, SHELL: '/bin/bash', PATH })
      expect(stdout).toContain(`>> ~/${named}\n`)
    })

    test('a ~ that no shell has replaced is the HOME', () => {
      using scratch = createScratch()
      const { code } = runScript(shell, script, ['--prefix=~/opt'], { ...given, HOME: scratch.path })
      expect(code).toBe(0)
      expect(existsSync(join(scratch.path, 'opt/bin/ccr'))).toBe(true)
    })

    test('a second run replaces an executable that is running, which goes on', async () => {
      using scratch = createScratch()
      const env = { ...given, HOME: scratch.path }
      runScript(shell, script, [], env)
      const installed = join(scratch.path, '.local/bin/ccr')
      const before = statSync(installed).ino
      const serving = Bun.spawn([installed, 'start', '--port', '0'], {
        env: { HOME: scratch.path },
        stdout: 'pipe',
        stderr: 'ignore',
      })
      try {
        const url = await servedUrl(serving.stdout)
        const { code, stdout } = runScript(shell, script, [], env)

        expect(code).toBe(0)
        expect(stdout).toContain('already there, left as it is')
        expect(statSync(installed).ino).not.toBe(before)
        expect((await fetch(`${url}/v1/models`)).status).toBe(200)
      } finally {
        serving.kill()
        await serving.exited
      }
    })

    test('leaves a config that is there as it is', () => {
      using scratch = createScratch()
      const config = join(scratch.path, '.claude-code-router/config.json')
      mkdirSync(join(config, '..'))
      writeFileSync(config, '{ "mine": true }')
      const { code } = runScript(shell, script, [], { ...given, HOME: scratch.path })

      expect(code).toBe(0)
      expect(readFileSync(config, 'utf8')).toBe('{ "mine": true }')
    })

    test('says what the other `ccr` is that comes first on PATH, and how to choose', () => {
      using scratch = createScratch()
      const node = join(scratch.path, 'node')
      const cli = join(node, 'lib/node_modules/@musistudio/claude-code-router/dist/cli.js')
      writeScript(cli, '#!/usr/bin/env node\n')
      mkdirSync(join(node, 'bin'))
      symlinkSync(cli, join(node, 'bin/ccr'))
      const home = join(scratch.path, 'home')
      const path = `${node}/bin:${home}/.local/bin:/usr/bin:/bin`
      const { code, stdout } = runScript(shell, script, [], { ...given, HOME: home, PATH: path })

      expect(code).toBe(0)
      expect(stdout).toContain(`Plain \`ccr\` is another program here: ${node}/bin/ccr`)
      expect(stdout).toContain('Claude Code Router from npm')
      expect(stdout).toContain('npm uninstall -g @musistudio/claude-code-router')
      expect(stdout).toContain("/.local/bin/ccr' demo")
    })

    test('does not replace another program of that name', () => {
      using scratch = createScratch()
      const other = join(scratch.path, '.local/bin/ccr')
      writeScript(other, '#!/bin/sh\necho other\n')
      const { code, stderr } = runScript(shell, script, [], { ...given, HOME: scratch.path })

      expect(code).toBe(1)
      expect(stderr).toContain('is another program: a script of that name')
      expect(stderr).toContain('--prefix')
      expect(readFileSync(other, 'utf8')).toContain('echo other')
    })

    test('a destination that cannot be written is an error that says what to do', () => {
      using scratch = createScratch()
      writeFileSync(join(scratch.path, 'file'), '')
      const prefix = join(scratch.path, 'file')
      const { code, stderr } = runScript(shell, script, ['--prefix', prefix], { ...given, HOME: scratch.path })

      expect(code).toBe(1)
      expect(stderr).toContain(`cannot create ${prefix}/bin`)
      expect(stderr).toContain('--prefix DIR')
    })

    test.skipIf(COMMONER === undefined)('a read-only destination is an error, and nothing is left behind', () => {
      using scratch = createScratch()
      chmodSync(scratch.path, 0o755)
      cpSync(script, join(scratch.path, 'install.sh'))
      const bin = join(scratch.path, 'bin')
      mkdirSync(bin, { mode: 0o555 })
      const commoner = { ...shell, command: [...(COMMONER ?? []), ...shell.command] }
      const env = { CCR_INSTALL_FILE: '/bin/sh', HOME: scratch.path }
      const { code, stderr } = runScript(commoner, join(scratch.path, 'install.sh'), ['--prefix', scratch.path], env)

      expect(code).toBe(1)
      expect(stderr).toContain(`cannot write to ${bin}`)
      expect(readdirSync(bin)).toEqual([])
    })

    test('a file that does not run leaves the installed one in place', () => {
      using scratch = createScratch()
      const broken = join(scratch.path, 'broken')
      writeFileSync(broken, '\u007fELF')
      runScript(shell, script, ['--prefix', scratch.path], { ...given, HOME: scratch.path })
      const { code, stderr } = runScript(shell, script, ['--prefix', scratch.path], {
        CCR_INSTALL_FILE: broken,
        HOME: scratch.path,
      })

      expect(code).toBe(1)
      expect(stderr).toContain('does not run here')
      expect(readdirSync(join(scratch.path, 'bin'))).toEqual(['ccr'])
      expect(Bun.spawnSync([join(scratch.path, 'bin/ccr'), '--version']).exitCode).toBe(0)
    })

    test('a program that is not ccr is not installed', () => {
      using scratch = createScratch()
      const { code, stderr } = runScript(shell, script, [], { CCR_INSTALL_FILE: '/bin/ls', HOME: scratch.path })

      expect(code).toBe(1)
      expect(stderr).toContain('is not ccr')
      expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
    })

    test('without HOME it asks for a place, and with one it installs there without a config', () => {
      using scratch = createScratch()
      const without = runScript(shell, script, [], given)
      expect(without.code).toBe(1)
      expect(without.stderr).toContain('HOME is not set')

      const placed = runScript(shell, script, [`--prefix=${scratch.path}`], given)
      expect({ code: placed.code, stderr: placed.stderr }).toEqual({ code: 0, stderr: '' })
      expect(placed.stdout).toContain('no starter config was written')
    })

    test.each([
      [['--help'], 0, 'stdout', 'Usage: sh install.sh [options]'],
      [['--frobnicate'], 1, 'stderr', 'unknown option: --frobnicate'],
      [['--prefix'], 1, 'stderr', '--prefix needs a value'],
      [[], 1, 'stderr', 'there is no release to download yet'],
    ] as const)('%j ends with %d and says so on %s', (args, code, stream, text) => {
      using scratch = createScratch()
      const ended = runScript(shell, script, args, { HOME: scratch.path })
      expect(ended.code).toBe(code)
      expect(ended[stream]).toContain(text)
    })

    test('outside a checkout, --from-source says what to do', () => {
      using scratch = createScratch()
      const alone = join(scratch.path, 'install.sh')
      cpSync(script, alone)
      const { code, stderr } = runScript(shell, alone, ['--from-source'], { HOME: scratch.path })

      expect(code).toBe(1)
      expect(stderr).toContain('--from-source needs a checkout of ccr')
    })

    test('a script that was cut off in the download does nothing', () => {
      using scratch = createScratch()
      const text = readFileSync(script, 'utf8')
      const cut = join(scratch.path, 'cut.sh')
      for (const length of [200, 1500, 4000, text.lastIndexOf('main ')]) {
        writeFileSync(cut, text.slice(0, length))
        expect(runScript(shell, cut, [], { ...given, HOME: scratch.path }).stdout).toBe('')
      }
      expect(readdirSync(scratch.path)).toEqual(['cut.sh'])
    })

    test('without npm and without Bun, --from-source names what is missing', () => {
      using scratch = createScratch()
      const checkout = copyCheckout(scratch.path)
      const tools = [
        'sh',
        'sed',
        'cat',
        'cksum',
        'dirname',
        'basename',
        'mkdir',
        'rm',
        'uname',
        'grep',
        'head',
        'tr',
        'readlink',
      ]
      const path = createToolbox(join(scratch.path, 'tools'), tools)
      const env = { HOME: scratch.path, PATH: path }
      const { code, stderr } = runScript(shell, join(checkout, 'install.sh'), ['--from-source'], env)

      expect(code).toBe(1)
      expect(stderr).toContain('npm was not found. It comes with Node (20 or newer)')
      expect(existsSync(join(scratch.path, '.local/bin/ccr'))).toBe(false)
    })
  })
}

test('--from-source builds the checkout and installs what it built', () => {
  using scratch = createScratch()
  const checkout = copyCheckout(scratch.path)
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  const env = { HOME: scratch.path }
  const { code, stdout } = runScript(ANY_SHELL, join(checkout, 'install.sh'), ['--from-source'], env)

  expect(code).toBe(0)
  expect(stdout).toContain(`Installed ${version}: ${scratch.path}/.local/bin/ccr`)
  expect(Bun.spawnSync([join(scratch.path, '.local/bin/ccr'), 'demo'], { env }).exitCode).toBe(0)
})

/** The checkout without what is fetched or built. */
function copyCheckout(into: string): string {
  const checkout = join(into, 'a checkout')
  mkdirSync(checkout)
  for (const name of ['install.sh', '.ci', 'package.json', 'bun.lock', 'build.ts', 'tsconfig.json', 'src'])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true })
  return checkout
}

async function servedUrl(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk)
    const url = /http:\/\/\S+/.exec(text)?.[0]
    if (url) return url
  }
  throw new Error(`ccr start ended without saying where it serves: ${text}`)
}
