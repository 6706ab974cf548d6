// Compiles the executable. `bun build.ts` makes dist/ccr for this machine, `bun build.ts linux-x64-musl …` makes
// dist/<target>/ccr for others, `bun build.ts all` for every target of the table.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
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
  // macOS and Windows keep the certificates of companies in the system's store.
  '--compile-exec-argv=--use-system-ca',
  `--define=CCR_VERSION=${JSON.stringify(version)}`,
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => name !== 'all' && !(name in targets))
if (unknown.length > 0) {
  console.error(`error: no such target: ${unknown.join(', ')}. There are: all, ${Object.keys(targets).join(', ')}`)
  process.exit(1)
}
if (wanted.length === 0) build(process.platform === 'win32' ? 'dist/ccr.exe' : 'dist/ccr')
for (const [name, file] of Object.entries(targets)) {
  if (wanted.includes(name) || wanted.includes('all')) build(`dist/${name}/${file}`, name)
}

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
      cwd: import.meta.dir,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (exitCode === 0) renameSync(staged, join(import.meta.dir, outfile))
  rmSync(stage, { recursive: true })
  if (exitCode !== 0) process.exit(exitCode)
  console.log(`${outfile} ${version}`)
}
