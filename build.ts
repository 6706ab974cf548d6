// Compiles the executable. `bun build.ts` makes dist/ccr for this machine, `bun build.ts linux-x64-musl …` makes
// dist/<target>/ccr for others, `bun build.ts all` for every target of the table; `bun build.ts release` also packs them
// into dist/release, a folder that install.sh downloads from when it is served. The same sources give the same bytes.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { tarGz, zip } from './.ci/archive.ts'
import { signAdHoc, signatureProblems } from './.ci/macho-signature.ts'
import { version } from './package.json'

/** What can be built, and the name of the file. The x64 builds need SSE4.2 and no more: there is no baseline variant. */
const targets = {
  'linux-x64': 'ccr',
  'linux-x64-musl': 'ccr',
  'linux-arm64': 'ccr',
  'linux-arm64-musl': 'ccr',
  'darwin-arm64': 'ccr',
  'darwin-x64': 'ccr',
  'windows-x64': 'ccr.exe',
  'windows-arm64': 'ccr.exe',
} satisfies Record<string, string>

const flags = [
  '--compile',
  '--production',
  '--minify',
  '--sourcemap',
  // Without splitting, every lazily imported command is parsed at start-up; splitting and bytecode need ESM.
  '--splitting',
  '--bytecode',
  '--format=esm',
  // A program that people start inside cloned repositories must not load code or settings from there.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  // Without it, modules of the user cannot use packages. It is read from where they lie, see src/platform/load-module.ts.
  '--compile-autoload-package-json',
  // macOS and Windows keep the certificates of companies in the system's store.
  '--compile-exec-argv=--use-system-ca',
  `--define=CCR_VERSION=${JSON.stringify(version)}`,
]

// Bun cannot run a macro whose path holds a quote: such a checkout is compiled elsewhere.
const isPlain = !/['"`\\\n]/.test(import.meta.dir)
const sources = isPlain ? import.meta.dir : copySources()
if (!isPlain) process.on('exit', () => rmSync(sources, { recursive: true }))

const wanted = process.argv.slice(2)
const whole = ['all', 'release']
const unknown = wanted.filter((name) => !whole.includes(name) && !(name in targets))
if (unknown.length > 0) {
  console.error(
    `error: no such target: ${unknown.join(', ')}. There are: ${[...whole, ...Object.keys(targets)].join(', ')}`,
  )
  process.exit(1)
}
if (wanted.length === 0) build(process.platform === 'win32' ? 'dist/ccr.exe' : 'dist/ccr')
for (const [name, file] of Object.entries(targets)) {
  if ([name, ...whole].some((each) => wanted.includes(each))) build(`dist/${name}/${file}`, name)
}
if (wanted.includes('release')) release()

function build(outfile: string, target?: string): void {
  const directory = join(import.meta.dir, dirname(outfile))
  mkdirSync(directory, { recursive: true })
  // The source maps are in the executable; Bun leaves a copy of each beside it. The rename also lets a running one be replaced.
  const stage = mkdtempSync(join(directory, '.build-'))
  const staged = join(stage, basename(outfile))
  const cross = target === undefined ? [] : [`--target=bun-${target}`]
  const { exitCode } = Bun.spawnSync(
    [process.execPath, 'build', ...flags, ...cross, 'src/main.ts', '--outfile', staged],
    {
      cwd: sources,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (exitCode === 0 && target?.startsWith('darwin-')) sign(staged)
  if (exitCode === 0) renameSync(staged, join(import.meta.dir, outfile))
  rmSync(stage, { recursive: true })
  if (exitCode !== 0) process.exit(exitCode)
  console.log(`${outfile} ${version}`)
}

function copySources(): string {
  const copy = mkdtempSync(join(tmpdir(), 'ccr-build-'))
  for (const name of ['src', 'package.json', 'tsconfig.json'])
    cpSync(join(import.meta.dir, name), join(copy, name), { recursive: true })
  symlinkSync(join(import.meta.dir, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

// macOS kills an executable whose signature does not fit, and Bun leaves the one of its runtime on some targets.
function sign(path: string): void {
  const file = readFileSync(path)
  if (signatureProblems(file).length === 0) return
  const signed = signAdHoc(file, 'ccr')
  const problems = signatureProblems(signed)
  if (problems.length > 0) throw new Error(`${path} could not be signed: ${problems.join('; ')}`)
  writeFileSync(path, signed)
}

// Laid out as GitHub lays out its releases, so that one base URL serves a folder and a project's releases alike.
function release(): void {
  const root = join(import.meta.dir, 'dist/release')
  const directory = join(root, `download/v${version}`)
  rmSync(root, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const licence = { name: 'LICENSE', bytes: readFileSync(join(import.meta.dir, 'LICENSE')) }
  for (const [name, file] of Object.entries(targets)) {
    const executable = {
      name: file,
      bytes: readFileSync(join(import.meta.dir, 'dist', name, file)),
      isExecutable: true,
    }
    const [pack, ending] = name.startsWith('windows-') ? [zip, 'zip'] : [tarGz, 'tar.gz']
    publish(directory, `ccr-${name}.${ending}`, pack([executable, licence]))
  }
  publish(directory, 'install.sh', readFileSync(join(import.meta.dir, 'install.sh')))
  mkdirSync(join(root, 'latest'))
  symlinkSync(`../download/v${version}`, join(root, 'latest/download'))
}

function publish(directory: string, name: string, bytes: Uint8Array): void {
  writeFileSync(join(directory, name), bytes)
  const hash = new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
  writeFileSync(join(directory, 'SHA256SUMS'), `${hash}  ${name}\n`, { flag: 'a' })
  console.log(`dist/release/download/v${version}/${name} ${bytes.length} ${hash}`)
}
