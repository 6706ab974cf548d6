import { describe, expect, test } from 'bun:test'
import { clientOf, readVersionRange } from '../../src/router/client.ts'
import { projectOf } from '../../src/router/project.ts'
import { requestWith } from './request.ts'

describe('who calls', () => {
  test.each([
    ['claude-cli/2.1.330 (external, sdk-cli)', 'claude-code 2.1.330'],
    ['claude-code/2.1.330', 'claude-code 2.1.330'],
    ['codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)', 'codex 0.169.0'],
    ['codex_cli_rs/0.50.0-alpha.1 (Mac OS 15)', 'codex 0.50.0-alpha.1'],
    ['codex-tui/1.0', 'codex 1.0'],
    ['GeminiCLI/0.61.0/gemini-3 (linux; x64)', 'gemini-cli 0.61.0'],
    ['QwenCode/0.15.10 (linux; x64)', 'qwen-code 0.15.10'],
    ['opencode/1.18.33 ai-sdk/provider-utils/3.0.9 runtime/bun/1.3', 'opencode 1.18.33'],
    ['OpenAI/Python 1.2.3', 'openai undefined'],
    ['curl/v8.5.0', 'curl 8.5.0'],
    ['codexical/1.0', 'codexical 1.0'],
    ['  ', 'undefined undefined'],
    ['(odd)', 'undefined undefined'],
  ])('%s', (userAgent, expected) => {
    const client = clientOf(userAgent)
    expect(`${client?.name} ${client?.version}`).toBe(expected)
  })

  test('an endless name is cut short in no time', () => {
    const start = performance.now()
    expect(clientOf('a'.repeat(1_000_000))?.name.length).toBeLessThanOrEqual(100)
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('a range of versions', () => {
  test.each<[string, string, boolean]>([
    ['2.1', '2.1.330', true],
    ['2.1', '2.10.0', false],
    ['2.1.x', '2.1.0', true],
    ['=2.1.330', '2.1.330', true],
    ['>=2.1 <3', '2.9.9', true],
    ['>=2.1 <3', '3.0.0', false],
    ['>= 2.1 < 3', '2.1.0', true],
    ['>2.1', '2.1.330', false],
    ['>2.1', '2.2.0', true],
    ['<=2.1', '2.1.330', true],
    ['<2.1.5', '2.1.4-beta.9', true],
    ['v2', '2.0.0', true],
    ['2', '1.9', false],
  ])('%s and %s: %p', (range, version, expected) => {
    expect(readVersionRange(range)?.includes(version)).toBe(expected)
  })

  test.each(['', 'new', '2..1', '>', '^2.1', '>=2.1 || <1', '2.1 -'])('%p is none', (text) => {
    expect(readVersionRange(text)).toBeUndefined()
  })
})

describe('the folder that an agent works in', () => {
  const system = (text: string) => ({ system: [{ type: 'text', text }] as const })
  test.each<[string, Parameters<typeof requestWith>[0], string | undefined]>([
    [
      'Claude Code',
      system('environment: \n - Primary working directory: /home/me/app\n - Is a git repository: true'),
      '/home/me/app',
    ],
    ['opencode', system('<env>\n  Working directory: /home/me/app\n</env>'), '/home/me/app'],
    ['Windows', system('Working directory: C:\\Users\\me\\app\r\n'), 'C:\\Users\\me\\app'],
    ['a sentence about it', system('Keep your working directory: never leave it.'), undefined],
    [
      'a sentence about it, and then the folder',
      system('Keep your working directory: never leave it.\n<cwd>/home/me</cwd>'),
      '/home/me',
    ],
    [
      'Codex',
      {
        messages: [
          {
            role: 'user',
            parts: [{ type: 'text', text: '<environment_context>\n <cwd>/w</cwd>\n</environment_context>' }],
          },
        ],
      },
      '/w',
    ],
    [
      'what is said after the first answer',
      {
        messages: [
          { role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] },
          { role: 'user', parts: [{ type: 'text', text: '<cwd>/w</cwd>' }] },
        ],
      },
      undefined,
    ],
    ['nothing', {}, undefined],
  ])('%s', (_name, change, expected) => expect(projectOf(requestWith(change))).toBe(expected as string))
})
