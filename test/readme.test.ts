import { expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json'
import type { ProtocolId } from '../src/canonical/native.ts'
import { usage } from '../src/cli/usage.ts'
import { formatDiagnostic } from '../src/config/diagnostic.ts'
import { loadConfig } from '../src/config/load.ts'
import { catalog } from '../src/provider/catalog/index.ts'

const root = join(import.meta.dir, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const documents = ['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].map((name) => [
  name,
  readFileSync(join(root, name), 'utf8'),
])

/** Every variable that a snippet names is set. */
const env = new Proxy<Record<string, string>>(
  {},
  { get: (_, name) => (String(name).endsWith('_API_KEY') ? 'key-of-a-test' : undefined) },
)

test.each(blocks('jsonc').map((text) => [/"name": "(\w+)"/.exec(text)?.[1], text]))(
  'the config of %s loads without an error or a warning',
  (_name, text = '') => {
    const home = mkdtempSync(join(tmpdir(), 'ccr-readme-'))
    try {
      const file = join(home, 'config.json')
      writeFileSync(file, text)
      const config = loadConfig({ file, env, home })
      expect(config.warnings.map(formatDiagnostic)).toEqual([])
      expect(config.providers.length).toBeGreaterThan(0)
      expect(config.routes.targets.default ?? config.routes.defaultProvider).toBeDefined()
    } finally {
      rmSync(home, { recursive: true })
    }
  },
)

test('every snippet of a config is tested', () => {
  const languages = [...readme.matchAll(/^```(\w+)$/gm)].map(([, language = '']) => language)
  expect([...new Set(languages)]).toEqual(['sh', 'jsonc'])
  expect(blocks('jsonc').length).toBe(4)
})

test('the table names every command that there is, and no other', () => {
  const named = new Set([...readme.matchAll(/^\| `ccr ([^`]+)`/gm)].map(([, command = '']) => words(command)))
  const listed = [...usage.matchAll(/^ {2}([a-z][a-z ]*?)(?: \[|,| {2}| [A-Z]|$)/gm)].map(([, command = '']) =>
    words(command),
  )
  expect([...named].toSorted()).toEqual(listed.toSorted())
})

test.each(['README.md', 'README.zh-CN.md'])(
  '%s lists everybody who is known by name, with protocols and key',
  (name) => {
    const letters: Readonly<Record<ProtocolId, string>> = {
      'anthropic-messages': 'A',
      'bedrock-converse': 'B',
      'openai-chat': 'C',
      'openai-responses': 'R',
      gemini: 'G',
    }
    const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim())
    const listed = readFileSync(join(root, name), 'utf8')
      .split('\n')
      .map((line) => cells(line).join('|'))
    const expected = catalog.map(({ name: own, aliases = [], title, endpoints, keys = [] }) => {
      const names = [own, ...aliases].map((each) => `\`${each}\``).join(', ')
      const spoken = [...new Set(endpoints.map(({ protocol }) => letters[protocol]))].join(' ')
      return `|${names}|${title}|${spoken}|${keys[0] === undefined ? '' : `\`${keys[0]}\``}|`
    })
    expect(expected.filter((line) => !listed.includes(line))).toEqual([])
  },
)

test('the Chinese README has the sections, commands and snippets of the other', () => {
  const chinese = readFileSync(join(root, 'README.zh-CN.md'), 'utf8')
  expect(skeleton(chinese)).toEqual(skeleton(readme))
})

test.each(documents)('%s names only commands, scripts and files that exist', (_name, text = '') => {
  const commands = [...text.matchAll(/(?<=[`/]|^)ccr ((?:config )?[a-z]+)/gm)].map(([, command = '']) => command)
  expect(commands.filter((command) => !new RegExp(`^ {2}${command}\\b`, 'm').test(usage))).toEqual([])

  const scripts = [...text.matchAll(/\bnpm (?:run )?(test|check|build|format|dev|bench|release)\b/g)].map(
    ([, name = '']) => name,
  )
  expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([])

  const files = [...text.matchAll(/\]\(([^):#]+)\)|(?<=`)((?:src|test|\.ci)\/[\w./-]*|\w+\.sh)(?=[` ])/g)]
  expect(files.map(([, link, path]) => link ?? path ?? '').filter((path) => !existsSync(join(root, path)))).toEqual([])
})

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)
}

/** What of a document is the same in every language: levels of headings, commands of tables, snippets without comments. */
function skeleton(text: string): string[] {
  const snippets = [...text.matchAll(/^```\w+\n[^]*?^```$/gm)].map(([snippet]) =>
    snippet.replaceAll(/^\s*\/\/.*\n/gm, ''),
  )
  const lines = text.replaceAll(/^```\w+\n[^]*?^```$/gm, '').split('\n')
  const marks = lines.flatMap((line) => /^#+(?= )|^- |^\|(?: (?:`[^`|]*`(?:, )?)+(?= *\|))?/.exec(line)?.[0] ?? [])
  return [...marks, ...snippets]
}

/** `config check` → `config check`, `code [arguments…]` → `code`. */
function words(command: string): string {
  return /^[a-z]+(?: [a-z]+)*/.exec(command)?.[0] ?? ''
}
