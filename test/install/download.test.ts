import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../../package.json'
import { executable } from '../client/agent.ts'
import { type Reply, releaseOf, serveRelease, sha256 } from './release-server.ts'
import { ANY_SHELL, ROOT, SHELLS, createScratch, createToolbox, pipeScript, runScript, writeScript } from './shell.ts'

setDefaultTimeout(60_000)

const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')

/** Stands for the executable where only the download matters: it answers what install.sh asks. */
const standIn = `#!/bin/sh
case "$*" in
  --version) echo "ccr ${version}" ;;
  'config path') echo "$HOME/config.json" ;;
  'config init') : >"$HOME/config.json" ;;
esac
# ${Array.from({ length: 200 }, (_, index) => sha256(`${index}`)).join('\n# ')}
`
const release = releaseOf(standIn)

/** What install.sh needs besides a shell, a downloader and a program that computes checksums. */
const TOOLS = ['uname', 'tar', 'gzip', 'mkdir', 'rm', 'mv', 'chmod', 'head', 'tr', 'wc', 'grep', 'dirname', 'basename']
const COMMON = [...TOOLS, 'cat', 'sed', 'readlink', 'ldd', 'getconf']

for (const shell of SHELLS) {
  describe.skipIf(shell.command.length === 0)(`install.sh from a pipe, in ${shell.name}`, () => {
    test('downloads, verifies and installs; a second run replaces the executable while it serves', async () => {
      using scratch = createScratch()
      const bytes = readFileSync(await executable())
      await using server = await serveRelease(releaseOf(bytes).replies)
      const env = { HOME: scratch.path, CCR_INSTALL_BASE: `${server.base}/` }
      const installed = join(scratch.path, '.local/bin/ccr')
      const first = await pipeScript(shell, script, [], env)

      expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' })
      expect(first.stdout).toContain(`Installed ccr ${version}: ${installed}`)
      expect(first.stdout).toContain('is not on your PATH')
      expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual(['ccr'])
      expect(readFileSync(installed).equals(bytes)).toBe(true)
      expect(statSync(join(scratch.path, '.claude-code-router/config.json')).mode & 0o777).toBe(0o600)
      expect(server.asked).toEqual([release.sums, release.archive])

      const serving = Bun.spawn([installed, 'start', '--port', '0'], { env, stdout: 'pipe', stderr: 'ignore' })
      try {
        const reader = serving.stdout.getReader()
        const url = /http:\S+/.exec(new TextDecoder().decode((await reader.read()).value))?.[0] ?? ''
        const before = statSync(installed).ino
        expect((await pipeScript(shell, script, ['--base', server.base], { HOME: scratch.path })).code).toBe(0)
        expect(statSync(installed).ino).not.toBe(before)
        expect((await fetch(`${url}/v1/models`)).status).toBe(200)
      } finally {
        serving.kill()
        await serving.exited
      }
    })

    test.each([
      ['curl and sha256sum', ['curl', 'sha256sum']],
      ['wget and shasum', ['wget', 'shasum', 'perl']],
      ['wget and openssl', ['wget', 'openssl']],
    ])('%s are enough', async (_name, programs) => {
      using scratch = createScratch()
      await using server = await serveRelease(release.replies)
      const PATH = createToolbox(join(scratch.path, 'tools'), [...COMMON, ...programs])
      const { code, stderr } = await pipeScript(shell, script, ['--base', server.base], { HOME: scratch.path, PATH })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(readFileSync(join(scratch.path, '.local/bin/ccr'), 'utf8')).toBe(standIn)
    })

    test.each(failures())('%s: an error that says so, and nothing is left behind', async (_name, replies, message) => {
      for (const downloader of ['curl', 'wget']) {
        using scratch = createScratch()
        await using server = await serveRelease({ ...release.replies, ...replies })
        const PATH = createToolbox(join(scratch.path, 'tools'), [...COMMON, 'sha256sum', downloader])
        const ended = await pipeScript(shell, script, ['--base', server.base], { HOME: scratch.path, PATH })
        expect(ended.code).toBe(1)
        expect(ended.stderr).toMatch(message)
        expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
        expect(readdirSync(scratch.path).toSorted()).toEqual(['.local', 'tools'])
      }
    })

    test('a script that was cut in the download does nothing', async () => {
      using scratch = createScratch()
      await using server = await serveRelease(release.replies)
      const end = script.trimEnd().length
      const cuts = [
        0,
        1,
        200,
        1500,
        4000,
        8000,
        12_000,
        end - 60,
        ...Array.from({ length: 18 }, (_, at) => end - 1 - at),
      ]
      for (const cut of cuts) {
        const { stdout } = await pipeScript(shell, script.slice(0, cut), ['--base', server.base], {
          HOME: scratch.path,
        })
        expect(stdout).toBe('')
      }
      expect(server.asked).toEqual([])
      expect(readdirSync(scratch.path)).toEqual([])
    })
  })
}

// yash reads no other character where the locale is C, and a container often has no other locale.
test('install.sh is plain ASCII', () => {
  expect(script).toMatch(/^[\n -~]*$/)
})

describe('the download', () => {
  const busybox = Bun.which('busybox')

  test.skipIf(!busybox)('needs nothing but BusyBox', async () => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    const PATH = createApplets(scratch.path, busybox ?? '')
    const shell = { name: 'busybox', command: [join(PATH, 'sh')] }
    const ended = await pipeScript(shell, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
    expect(readFileSync(join(scratch.path, '.local/bin/ccr'), 'utf8')).toBe(standIn)
  })

  test.skipIf(!busybox).each(failures())('with BusyBox alone, %s is an error', async (_name, replies, message) => {
    using scratch = createScratch()
    await using server = await serveRelease({ ...release.replies, ...replies })
    const PATH = createApplets(scratch.path, busybox ?? '')
    const shell = { name: 'busybox', command: [join(PATH, 'sh')] }
    const ended = await pipeScript(shell, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(message)
    expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
  })

  test.each([
    ['a downloader', ['sha256sum'], 'neither curl nor wget was found'],
    ['a program for checksums', ['curl'], 'neither sha256sum nor shasum nor openssl was found'],
  ])('without %s, nothing is asked for and nothing is written', async (_name, programs, message) => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    const PATH = createToolbox(join(scratch.path, 'tools'), [...COMMON, ...programs])
    const ended = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(message)
    expect(server.asked).toEqual([])
    expect(readdirSync(scratch.path)).toEqual(['tools'])
  })

  test('--no-verify goes on without a program for checksums, with a warning', async () => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    const PATH = createToolbox(join(scratch.path, 'tools'), [...COMMON, 'curl'])
    const args = ['--no-verify', '--base', server.base]
    const ended = await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path, PATH })
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('Warning: the download is not verified')
  })

  test('--no-verify does not accept a wrong checksum', async () => {
    using scratch = createScratch()
    await using server = await serveRelease({ ...release.replies, [release.archive]: { body: 'changed' } })
    const args = ['--no-verify', '--base', server.base]
    const ended = await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('wrong checksum')
  })

  test('a failed download leaves the installed one in place', async () => {
    using scratch = createScratch()
    const bin = join(scratch.path, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'ccr'), 'the old one')
    await using server = await serveRelease({ ...release.replies, [release.archive]: { status: 500 } })
    const args = ['--base', server.base, '--prefix', scratch.path]
    expect((await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path })).code).toBe(1)
    expect(readFileSync(join(bin, 'ccr'), 'utf8')).toBe('the old one')
    expect(readdirSync(bin)).toEqual(['ccr'])
  })

  test('a server that leads elsewhere is followed', async () => {
    using scratch = createScratch()
    await using store = await serveRelease(release.replies)
    const led = (path: string): Reply => ({ status: 302, headers: [`Location: ${store.base}${path}`] })
    await using server = await serveRelease({
      [release.sums]: led(release.sums),
      [release.archive]: led(release.archive),
    })
    const ended = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME: scratch.path })
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('interrupted, it cleans up', async () => {
    using scratch = createScratch()
    await using server = await serveRelease({ ...release.replies, [release.archive]: { body: standIn, stalls: true } })
    const child = spawn(
      ANY_SHELL.command[0] ?? 'sh',
      [...ANY_SHELL.command.slice(1), '-s', '--', '--base', server.base],
      {
        env: { PATH: '/usr/bin:/bin', HOME: scratch.path },
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      },
    )
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    child.stdin.end(script)
    while (!server.asked.includes(release.archive)) await Bun.sleep(5)
    process.kill(-(child.pid ?? 0), 'SIGINT')
    expect(await ended).toBe(130)
    expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
  })

  test('whose output nobody reads on, cleans up, too', async () => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    const file = join(scratch.path, 'install.sh')
    writeFileSync(file, script)
    const piped = ['sh', '-c', '"$@" | :', 'sh', ...ANY_SHELL.command, file, '--base', server.base]
    const child = Bun.spawn(piped, { env: { PATH: '/usr/bin:/bin', HOME: scratch.path }, stderr: 'ignore' })
    expect(await child.exited).toBe(0)
    const left = readdirSync(join(scratch.path, '.local/bin')).filter((name) => name !== 'ccr')
    expect(left).toEqual([])
  })

  test('that is whole and finds no room is not called damaged', async () => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    writeScript(join(scratch.path, 'tools/tar'), '#!/bin/sh\necho "tar: ccr: No space left on device" >&2\nexit 2\n')
    const env = { HOME: scratch.path, PATH: `${join(scratch.path, 'tools')}:/usr/bin:/bin` }
    const { code, stderr } = await pipeScript(ANY_SHELL, script, ['--base', server.base], env)
    expect(code).toBe(1)
    expect(stderr).toContain('could not be unpacked (see above): is there room (200 MB) in')
    expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
  })

  test.each([['with spaces'], ['名字 ü'], ['#1'], ['{a,b}[c]*?'], ['a:b'], ["'$HOME' `x` \\"], ['-n']])(
    'HOME may be called %p',
    async (name) => {
      using scratch = createScratch()
      await using server = await serveRelease(release.replies)
      const HOME = join(scratch.path, name)
      const { code, stderr } = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(readFileSync(join(HOME, '.local/bin/ccr'), 'utf8')).toBe(standIn)
    },
  )
})

describe('the version', () => {
  const older = releaseOf(standIn.replace(version, '0.0.9'), { folder: '/download/v0.0.9' })

  test.each([['0.0.9'], ['v0.0.9']])('%s is asked for by its number', async (wanted) => {
    using scratch = createScratch()
    await using server = await serveRelease({ ...release.replies, ...older.replies })
    const args = ['--base', server.base, `--version=${wanted}`]
    const ended = await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path })
    expect(ended.stdout).toContain('Installed ccr 0.0.9')
    expect(server.asked).toEqual([older.sums, older.archive])
  })

  test('that comes must be the one that was asked for', async () => {
    using scratch = createScratch()
    await using server = await serveRelease(releaseOf(standIn, { folder: '/download/v0.0.9' }).replies)
    const args = ['--base', server.base, '--version', '0.0.9']
    const ended = await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(`ccr 0.0.9 was asked for, and ${server.base}/download/v0.0.9 holds ccr ${version}`)
    expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
  })

  test.each([
    [['--version', '../../x'], '--version is no version'],
    [['--version', ''], '--version needs a value'],
    [['--base', 'ftp://127.0.0.1'], '--base is no http or https URL'],
    [['--from-source', '--version', '1.0.0'], '--version does not go with it'],
  ])('%p is refused', (args, message) => {
    using scratch = createScratch()
    const env = { HOME: scratch.path, CCR_INSTALL_BASE: 'http://127.0.0.1:9' }
    const { code, stderr } = runScript(ANY_SHELL, join(ROOT, 'install.sh'), args, env)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(readdirSync(scratch.path)).toEqual([])
  })
})

describe('the machine', () => {
  const glibc = 'ldd (GNU libc) 2.36'
  const musl = 'musl libc (x86_64)\nVersion 1.2.3'

  test.each([
    [{ s: 'Linux', m: 'x86_64', ldd: glibc }, 'linux-x64'],
    [{ s: 'Linux', m: 'amd64', ldd: glibc }, 'linux-x64'],
    [{ s: 'Linux', m: 'x86_64', ldd: musl }, 'linux-x64-musl'],
    [{ s: 'Linux', m: 'aarch64', ldd: glibc }, 'linux-arm64'],
    [{ s: 'Linux', m: 'aarch64', ldd: musl }, 'linux-arm64-musl'],
    [{ s: 'Darwin', m: 'arm64' }, 'darwin-arm64'],
    [{ s: 'Darwin', m: 'x86_64', sysctl: { 'machdep.cpu.features': 'SSE3 SSE4.1 SSE4.2' } }, 'darwin-x64'],
    [{ s: 'Darwin', m: 'x86_64', sysctl: { 'sysctl.proc_translated': '1' } }, 'darwin-arm64'],
    [{ s: 'Darwin', m: 'x86_64', sysctl: { 'sysctl.proc_translated': '0' } }, 'darwin-x64'],
  ])('%j gets the executable of %s', async (machine, target) => {
    using scratch = createScratch()
    await using server = await serveRelease(releaseOf(standIn, { target }).replies)
    const PATH = pretend(join(scratch.path, 'tools'), machine)
    const { code, stderr } = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(server.asked.at(-1)).toBe(`/latest/download/ccr-${target}.tar.gz`)
  })

  test.each([
    [{ s: 'Linux', m: 'i686' }, 'there is no ccr for this processor (i686)'],
    [{ s: 'Linux', m: 'armv7l' }, 'there is no ccr for this processor (armv7l)'],
    [{ s: 'Linux', m: 'riscv64' }, 'there is no ccr for this processor (riscv64)'],
    [{ s: 'Linux', m: 'aarch64', bits: '32', ldd: glibc }, 'this system is 32-bit, on a 64-bit processor (aarch64)'],
    [{ s: 'Linux', m: 'x86_64', ldd: glibc, cpu: 'flags : fpu sse sse2 ssse3 sse4_1' }, 'ccr needs SSE4.2'],
    [{ s: 'Darwin', m: 'x86_64', sysctl: { 'machdep.cpu.features': 'SSE3 SSE4.1' } }, 'ccr needs SSE4.2'],
    [{ s: 'Linux', m: 'aarch64', o: 'Android' }, 'there is no ccr for Android'],
    [{ s: 'FreeBSD', m: 'amd64' }, 'there is no ccr for FreeBSD'],
    [{ s: 'MINGW64_NT-10.0', m: 'x86_64' }, 'this script does not install on Windows'],
  ])('%j is refused before anything is downloaded', async (machine, message) => {
    using scratch = createScratch()
    await using server = await serveRelease(release.replies)
    const PATH = pretend(join(scratch.path, 'tools'), machine)
    const ended = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(message)
    expect(server.asked).toEqual([])
    expect(existsSync(join(scratch.path, '.local'))).toBe(false)
  })

  test('that is musl and lacks the C++ library is told how to get it, in two lines', async () => {
    using scratch = createScratch()
    const relocating = 'Error relocating /x/ccr: __once_proxy: symbol not found\n'
    const broken = `#!/bin/sh\nprintf '%s' 'Error loading shared library libstdc++.so.6\n${relocating.repeat(40)}' >&2\nexit 127\n`
    await using server = await serveRelease(releaseOf(broken, { target: 'linux-x64-musl' }).replies)
    const PATH = pretend(join(scratch.path, 'tools'), { s: 'Linux', m: 'x86_64', ldd: musl })
    const ended = await pipeScript(ANY_SHELL, script, ['--base', server.base], { HOME: scratch.path, PATH })
    expect(ended.code).toBe(1)
    expect(ended.stderr.trim().split('\n')).toHaveLength(2)
    expect(ended.stderr).toContain('apk add libstdc++')
    expect(readdirSync(join(scratch.path, '.local/bin'))).toEqual([])
  })
})

describe.skipIf(!canMount())('where execution is forbidden', () => {
  test('in the destination, the error says so; in TMPDIR, it does not matter', async () => {
    using scratch = createScratch()
    const forbidden = join(scratch.path, 'noexec')
    mkdirSync(forbidden)
    Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'noexec', 'tmpfs', forbidden])
    try {
      await using server = await serveRelease(release.replies)
      const args = ['--base', server.base, '--prefix', forbidden]
      const ended = await pipeScript(ANY_SHELL, script, args, { HOME: scratch.path })
      expect(ended.code).toBe(1)
      expect(ended.stderr).toContain('does not run here')
      expect(ended.stderr).toContain('noexec')
      expect(readdirSync(join(forbidden, 'bin'))).toEqual([])

      const env = { HOME: scratch.path, TMPDIR: forbidden }
      expect((await pipeScript(ANY_SHELL, script, ['--base', server.base], env)).code).toBe(0)
    } finally {
      Bun.spawnSync(['umount', forbidden])
    }
  })
})

/** Everything that can be wrong with a release or on the way, and what is said of it. */
function failures(): [name: string, replies: Record<string, Reply>, message: RegExp][] {
  const { sums, archive, replies } = release
  const packed = Buffer.from(replies[archive]?.body ?? '')
  const page = { body: '<!DOCTYPE html><title>Log in to the network</title>' }
  const cuts = [0, 1, 600, packed.length >> 1, packed.length - 1]
  const wrong = /has the wrong checksum: it was cut, or changed[^]*expected: [0-9a-f]{64}\s+received: [0-9a-f]{64}/
  return [
    ['no checksums (404)', { [sums]: { status: 404 } }, /could not download \S+SHA256SUMS/],
    ['no archive (404)', { [archive]: { status: 404 } }, /could not download \S+\.tar\.gz/],
    ['a server that fails', { [sums]: { status: 503 } }, /could not download \S+SHA256SUMS/],
    ['a web page for the checksums', { [sums]: page }, /does not list ccr-linux-x64\.tar\.gz: it is a web page/],
    ['a web page for the archive', { [archive]: page }, /has the wrong checksum: it is a web page/],
    ['checksums of other files', { [sums]: { body: `${sha256('')}  other.tar.gz\n` } }, /does not list ccr-linux-x64/],
    ['empty checksums', { [sums]: { body: '' } }, /does not list ccr-linux-x64\.tar\.gz: it is empty/],
    ['cut checksums', { [sums]: { ...replies[sums], cutAfter: 40, isLengthHidden: true } }, /does not list ccr-linux/],
    ['a wrong checksum', { [sums]: { body: `${sha256('')}  ccr-linux-x64.tar.gz\n` } }, wrong],
    ['a changed archive', { [archive]: { body: releaseOf(`${standIn}\n`).replies[archive]?.body ?? '' } }, wrong],
    ...cuts.map((cutAfter): [string, Record<string, Reply>, RegExp] => [
      `an archive cut after ${cutAfter} bytes`,
      { [archive]: { body: packed, cutAfter } },
      /could not download \S+\.tar\.gz|has the wrong checksum/,
    ]),
    ...cuts.map((cutAfter): [string, Record<string, Reply>, RegExp] => [
      `an archive cut after ${cutAfter} bytes without a length`,
      { [archive]: { body: packed, cutAfter, isLengthHidden: true } },
      /has the wrong checksum: it (?:was cut|is empty)/,
    ]),
  ]
}

interface Machine {
  readonly s: string
  readonly m: string
  readonly o?: string
  readonly bits?: string
  readonly ldd?: string
  readonly sysctl?: Readonly<Record<string, string>>
  readonly cpu?: string
}

/** A PATH on which the machine is another one. */
function pretend(
  path: string,
  { s, m, o = '', bits = '64', ldd = '', sysctl = {}, cpu = 'flags : sse4_2' }: Machine,
): string {
  createToolbox(path, [...TOOLS.filter((tool) => !['uname', 'grep'].includes(tool)), 'sed', 'cat', 'curl', 'sha256sum'])
  const table = Object.entries(sysctl).map(([name, value]) => `'-n ${name}') echo '${value}' ;;`)
  const grep = Bun.which('grep') ?? ''
  writeScript(
    join(path, 'uname'),
    `#!/bin/sh\ncase $1 in -s) echo '${s}' ;; -m) echo '${m}' ;; -o) echo '${o}' ;; esac\n`,
  )
  writeScript(join(path, 'getconf'), `#!/bin/sh\necho ${bits}\n`)
  writeScript(join(path, 'ldd'), `#!/bin/sh\necho '${ldd}' >&2\nexit 1\n`)
  writeScript(join(path, 'sysctl'), `#!/bin/sh\ncase "$*" in ${table.join(' ')} *) exit 1 ;; esac\n`)
  writeScript(
    join(path, 'grep'),
    `#!/bin/sh\ncase "$*" in *' /proc/cpuinfo') echo '${cpu}' | ${grep} "$1" "$2" ;; *) exec ${grep} "$@" ;; esac\n`,
  )
  return path
}

/** A PATH of all that BusyBox can do, and nothing else. */
function createApplets(root: string, busybox: string): string {
  const path = join(root, 'applets')
  mkdirSync(path)
  Bun.spawnSync([busybox, '--install', '-s', path])
  return path
}

function canMount(): boolean {
  using scratch = createScratch()
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', 'tmpfs', scratch.path], { stderr: 'ignore' }).exitCode === 0
  if (mounted) Bun.spawnSync(['umount', scratch.path])
  return mounted
}
