import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createScratch, type Scratch } from './agent.ts'
import { CLAUDE, claudeArguments, quietClaude, runClaude, type ClaudeRun } from './claude-code.ts'
import { promptFor } from './episode.ts'
import { passingFaults } from './fault.ts'
import { furnish, SECRET } from './play.ts'
import { startConfigured } from './served.ts'
import { createSteady, createStormy, stormConfig } from './storm.ts'

/** What the user asks for, and what he reads in the end. */
const EPISODES: readonly (readonly [episode: string, told: string | RegExp])[] = [
  ['tools', `tools done: ${SECRET}, 4 results`],
  // Of a turn that breaks off between two calls Claude Code keeps the first; so it does without a router.
  ['parallel', new RegExp(`^parallel done: (${SECRET}, 2|no secret, 1) results$`)],
  ['agent', `agent done: ${SECRET}, 1 results`],
  ['thinking', `thinking done: ${SECRET}, 1 results`],
]

describe.skipIf(!CLAUDE)('the real Claude Code in a storm', () => {
  test('works on, and its user reads no error, also when one provider dies', async () => {
    await using scratch = await createScratch()
    await using steady = await createSteady()
    const stormy = await createStormy()
    await using router = await startConfigured(stormConfig(stormy, steady), scratch)
    await furnish(scratch)
    const runs: ClaudeRun[] = []
    const ask = async (episode: string): Promise<ClaudeRun> => {
      const ended = await runClaude([CLAUDE ?? '', ...claudeArguments(promptFor(episode, scratch.work))], scratch, {
        ...quietClaude(scratch),
        ANTHROPIC_BASE_URL: router.url,
        ANTHROPIC_AUTH_TOKEN: 'any',
        ANTHROPIC_MODEL: 'claude-sonnet-5-5',
      })
      runs.push(ended)
      return ended
    }
    for (const [episode, told] of [...EPISODES, ...EPISODES, ...EPISODES]) {
      // oxlint-disable-next-line no-await-in-loop -- one user does one thing after the other
      expectWell(await ask(episode), told)
    }
    await stormy.close()
    expectWell(await ask('plain'), 'plain done: no secret, 0 results')
    // Every fault of the storm, and good answers between them.
    expect(new Set(stormy.weather).size).toBe(passingFaults.length + 1)
    expect(steady.requests.length).toBeGreaterThan(3)
    if (process.env['TRANSCRIPT']) writeFileSync(process.env['TRANSCRIPT'], transcript(runs, stormy.weather, scratch))
  }, 240_000)
})

function expectWell({ code, result, stderr }: ClaudeRun, told: string | RegExp): void {
  expect({ code, text: result?.result, isError: result?.is_error, stderr: /error/i.test(stderr) }).toEqual({
    code: 0,
    text: typeof told === 'string' ? told : expect.stringMatching(told),
    isError: false,
    stderr: false,
  })
}

/** What the user read, what the weather was, and what the router did about it. */
function transcript(runs: readonly ClaudeRun[], weather: readonly string[], { home }: Scratch): string {
  const folder = join(home, '.claude-code-router', 'logs')
  const lines = readdirSync(folder)
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  const told = lines
    .filter(({ level, message }) => level === 'warn' || message === 'attempt' || message === 'call')
    .map((line) => `- ${describeLine(line)}`)
  return [
    '# The real Claude Code in a storm\n',
    '## What its user read\n',
    ...runs.map(({ result }) => `- ${result?.result} (${result?.num_turns} turns, error: ${result?.is_error})`),
    '\n## What the first provider did with each request\n',
    ...weather.map((each, index) => `${index + 1}. ${each}`),
    '\nThen it was closed.\n\n## What the router logged\n',
    ...told,
    '',
  ].join('\n')
}

function describeLine(line: Record<string, unknown>): string {
  const { level, message, time: _time, call: _call, ...fields } = line
  return `${String(level)} ${String(message)} ${JSON.stringify(fields)}`
}
