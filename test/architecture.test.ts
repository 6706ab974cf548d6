import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { Glob } from 'bun'
import manifest from '../package.json'

// Bun's own scanner and transpiler, so that comments and strings are not taken for code.
const transpiler = new Bun.Transpiler({ loader: 'ts' })
const root = join(import.meta.dir, '..')
const files = [...new Glob('src/**/*.ts').scanSync(root)].map((path) => path.split(sep).join('/')).toSorted()
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))

/** From left to right; a folder imports itself and what stands to its left. */
const LAYERS = ['canonical', 'protocol', 'provider', 'router', 'gateway', 'server', 'cli']

/** What an edge imports besides itself and the packages: everything that its work is about, and nothing that starts it. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  config: ['canonical', 'protocol', 'provider', 'router', 'gateway', 'platform'],
  store: ['canonical', 'platform'],
  platform: [
    'canonical',
    'router/route.ts',
    'store/usage-store.ts',
    'store/origin-store.ts',
    'store/origins.ts',
    'store/response-store.ts',
    'store/responses.ts',
    'store/spend-journal.ts',
    'store/reply-store.ts',
  ],
}

/** Edges that a layer may lean on. The gateway knows interfaces only. */
const EDGES_OF_LAYER: Readonly<Record<string, readonly string[]>> = {
  gateway: [
    'platform/ports.ts',
    'store/usage-store.ts',
    'store/origin-store.ts',
    'store/response-store.ts',
    'store/spend-journal.ts',
    'store/reply-store.ts',
  ],
  server: ['config', 'store', 'platform'],
  cli: ['config', 'store', 'platform'],
}

/** The layers that take values and give values: no I/O, clock, random, process or state of the machine. */
const PURE = ['canonical', 'protocol', 'provider', 'router']

/** Runtime dependencies, each with the reason why it is worth its weight. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@anthropic-ai/sdk': 'wire types of Anthropic Messages; as a client in `demo`, loaded when that runs',
  '@aws-sdk/credential-provider-ini':
    "AWS's own reading of its profiles (logins, roles, programs), loaded when a call to Bedrock first needs one",
  '@aws-sdk/credential-provider-web-identity': 'the same for the token of a cluster; a part of the former',
  '@sinclair/typebox': "the config's schema, its check and the JSON Schema for editors from one declaration",
  citty: 'sub-commands that are loaded when they are called',
  elysia: 'routes and schemas of the admin API',
  'gpt-tokenizer': 'real token counts for `count_tokens`, loaded when that is first asked',
  openai: 'wire types of OpenAI Chat and Responses',
}

interface Import {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
  readonly isDynamic: boolean
}

const imports = files.flatMap(importsOf)

test('every file is found', () => {
  expect(files.length).toBeGreaterThan(10)
  expect(imports.length).toBeGreaterThan(10)
})

describe('import order', () => {
  test('a folder imports only what stands to its left', () => {
    expect(imports.filter((each) => isLocal(each.to) && !mayImport(each.from, each.to)).map(show)).toEqual([])
  })

  test('a protocol knows no other protocol; what several share stands beside them', () => {
    const protocols = new Set(files.map(protocolOf).filter((name) => files.includes(`src/protocol/${name}/index.ts`)))
    const across = imports.filter(
      ({ from, to }) => protocols.has(protocolOf(to)) && protocolOf(from) !== protocolOf(to),
    )
    expect(protocols.size).toBeGreaterThan(3)
    expect(across.filter(({ from }) => from.startsWith('src/protocol/') && protocolOf(from) !== '').map(show)).toEqual(
      [],
    )
  })

  test('nothing imports main.ts', () => {
    expect(imports.filter((each) => each.to === 'src/main.ts').map(show)).toEqual([])
  })

  test('an import names its file with its ending', () => {
    expect(imports.filter((each) => isLocal(each.to) && !/\.(?:ts|json|html|txt)$/.test(each.to)).map(show)).toEqual([])
  })

  test('every folder is a layer or an edge', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''))
    expect([...folders].filter((folder) => !LAYERS.includes(folder) && !(folder in EDGES))).toEqual([])
  })
})

describe('purity', () => {
  const forbidden: readonly (readonly [string, RegExp])[] = [
    ['Bun', /\bBun\s*[.[]|["']bun(?:["':])/],
    ['node:', /["']node:/],
    ['process', /\bprocess\s*[.[]/],
    ['timers', /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/],
    ['fetch', /(?<![.\w])fetch\s*\(/],
    ['the clock', /\bDate\.now\b|\bnew Date\s*\(\s*\)|(?<![.\w])Date\s*\(\s*\)|\bperformance\s*\./],
    ['random', /\bMath\.random\b|\bcrypto\s*\.(?!subtle\.(?:digest|importKey|sign)\b)|\brandomUUID\b/],
    ['console', /(?<!\/\/)\bconsole\s*\./],
    ['async', /\basync\b|\bawait\b|\bnew Promise\b/],
    ['environment', /\bimport\.meta\.env\b|\bglobalThis\b/],
    ['code from text', /\beval\s*\(|\bnew Function\b/],
  ]

  test.each(forbidden)('the pure folders do without %s', (_name, pattern) => {
    const pure = files.filter((file) => PURE.includes(folderOf(file)))
    expect(pure.filter((file) => pattern.test(code(file)))).toEqual([])
  })

  test('the gateway does without Bun, node:, process and timers: it runs wherever web standards do', () => {
    const patterns = forbidden.filter(([name]) => !['async'].includes(name)).map(([, pattern]) => pattern)
    const gateway = files.filter((file) => folderOf(file) === 'gateway')
    expect(gateway.filter((file) => patterns.some((pattern) => pattern.test(code(file))))).toEqual([])
  })
})

describe('files', () => {
  test('no file is longer than 400 lines', () => {
    const long = [...sources].filter(([, text]) => text.split('\n').length > 400)
    expect(long.map(([file, text]) => `${file}: ${text.split('\n').length} lines`)).toEqual([])
  })

  test('names say what a file is about', () => {
    const names = /(?:^|[/-])(?:utils?|helpers?|common|misc|managers?|services?)(?=[./-])/
    expect(files.filter((file) => names.test(file))).toEqual([])
  })

  test('names are in kebab-case', () => {
    expect(files.filter((file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(file))).toEqual(
      [],
    )
  })
})

describe('packages', () => {
  test('the runtime dependencies are those that are defended here', () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(Object.keys(DEPENDENCIES).toSorted())
  })

  test('every version is pinned', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test.each(['bun.lock', 'test/client/bun.lock'])('%s works with any registry: it names none', (name) => {
    expect(readFileSync(join(root, name), 'utf8')).not.toMatch(/\w:\/\//)
  })

  test('only runtime dependencies are imported', () => {
    const packages = imports.filter((each) => !isLocal(each.to) && !/^(?:node:|bun(?::|$))/.test(each.to))
    expect(packages.filter((each) => !(packageOf(each.to) in DEPENDENCIES)).map(show)).toEqual([])
  })

  test("the vendors' SDKs give types; their code is loaded only by a command that asks for it", () => {
    const sdk = imports.filter((each) => ['openai', '@anthropic-ai/sdk'].includes(packageOf(each.to)))
    const offenders = sdk.filter((each) => !each.isTypeOnly && !(each.isDynamic && folderOf(each.from) === 'cli'))
    expect(offenders.map(show)).toEqual([])
  })
})

describe('this test', () => {
  const text = `
    // import './comment.ts'
    const text = "import x from './string.ts'"
    import type { A } from './type.ts'
    import { type B } from './inline-type.ts'
    import { c } from './value.ts'
    export { d } from './export.ts'
    export type * from './export-type.ts'
    const lazy = () => import('./lazy.ts')
    import './effect.ts'
    c(d, text, lazy)`

  test('sees every form of import, and only imports', () => {
    expect(scan(text).toSorted((one, other) => one.path.localeCompare(other.path))).toEqual([
      { path: './effect.ts', isTypeOnly: false, isDynamic: false },
      { path: './export-type.ts', isTypeOnly: true, isDynamic: false },
      { path: './export.ts', isTypeOnly: false, isDynamic: false },
      { path: './inline-type.ts', isTypeOnly: true, isDynamic: false },
      { path: './lazy.ts', isTypeOnly: false, isDynamic: true },
      { path: './type.ts', isTypeOnly: true, isDynamic: false },
      { path: './value.ts', isTypeOnly: false, isDynamic: false },
    ])
  })

  test.each([
    ['src/protocol/a.ts', 'src/canonical/b.ts', true],
    ['src/protocol/a.ts', 'src/protocol/framing/b.ts', true],
    ['src/canonical/a.ts', 'src/protocol/b.ts', false],
    ['src/gateway/a.ts', 'src/platform/ports.ts', true],
    ['src/gateway/a.ts', 'src/platform/bun.ts', false],
    ['src/gateway/a.ts', 'src/config/load.ts', false],
    ['src/provider/a.ts', 'src/platform/ports.ts', false],
    ['src/cli/a.ts', 'src/config/load.ts', true],
    ['src/config/a.ts', 'src/cli/b.ts', false],
    ['src/config/a.ts', 'src/provider/b.ts', true],
    ['src/main.ts', 'src/cli/b.ts', true],
  ])('%s → %s: %p', (from, to, allowed) => {
    expect(mayImport(from, to)).toBe(allowed)
  })
})

function mayImport(from: string, to: string): boolean {
  const importer = folderOf(from)
  const imported = folderOf(to)
  // main.ts is the root command, and package.json (the version) is open to all but the pure folders.
  if (importer === '') return true
  if (imported === '' || imported === importer) return imported === importer || !PURE.includes(importer)
  if (LAYERS.includes(importer) && LAYERS.includes(imported)) return LAYERS.indexOf(imported) < LAYERS.indexOf(importer)
  const allowed = EDGES[importer] ?? EDGES_OF_LAYER[importer] ?? []
  return allowed.some((edge) => edge === imported || to === `src/${edge}`)
}

function importsOf(file: string): Import[] {
  return scan(sources.get(file) ?? '').map(({ path, ...kind }) => ({ from: file, to: resolve(file, path), ...kind }))
}

/** The value imports as Bun sees them, and the type imports, which it leaves out. */
function scan(text: string): { path: string; isTypeOnly: boolean; isDynamic: boolean }[] {
  const found = new Map<string, { path: string; isTypeOnly: boolean; isDynamic: boolean }>()
  for (const [, path = ''] of text.matchAll(/^\s*(?:import|export)\b[^'";]*?\bfrom\s+'([^']+)'/gm))
    found.set(`${path} static`, { path, isTypeOnly: true, isDynamic: false })
  for (const { path, kind } of transpiler.scanImports(text)) {
    const isDynamic = kind === 'dynamic-import'
    found.set(`${path} ${isDynamic ? 'dynamic' : 'static'}`, { path, isTypeOnly: false, isDynamic })
  }
  return [...found.values()]
}

/** The file's code as it runs: no comments, no types. */
function code(file: string): string {
  return transpiler.transformSync(sources.get(file) ?? '')
}

function resolve(file: string, path: string): string {
  return path.startsWith('.')
    ? relative('.', join(dirname(file), path))
        .split(sep)
        .join('/')
    : path
}

function isLocal(path: string): boolean {
  return path.startsWith('src/') || path === 'package.json' || path.startsWith('../')
}

/** `src/gateway/middleware/log.ts` → `gateway`; `''` for main.ts and for what lies outside src. */
function folderOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? ''
}

/** `src/protocol/gemini/model.ts` → `gemini`; `''` for what stands beside the protocols. */
function protocolOf(path: string): string {
  return /^src\/protocol\/([^/]+)\//.exec(path)?.[1] ?? ''
}

function packageOf(path: string): string {
  return path.split('/', path.startsWith('@') ? 2 : 1).join('/')
}

function show(each: Import): string {
  return `${each.from} → ${each.to}`
}
