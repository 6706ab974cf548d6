import { describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { USAGE } from '../helper/turn.ts'
import { createScratch, type Scratch } from './agent.ts'
import { CLAUDE, type ClaudeRun } from './claude-code.ts'
import { conversationOf, type Conversation } from './conversation.ts'
import { promptFor } from './episode.ts'
import { createProvider } from './provider.ts'
import { waysTo, type Way } from './way.ts'

const LIMIT_MS = 90_000
const SECRET = 'secret-1a2b3c4d5e6f'
/** Two by two pixels of red. */
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='

if (!CLAUDE) console.warn('Claude Code is not installed: its tests are skipped. Run `npm install` in test/client.')

describe.skipIf(!CLAUDE).each([...waysTo(CLAUDE ?? '')])('Claude Code, $name', (way) => {
  test(
    'runs a command, reads, writes and edits',
    async () => {
      await using played = await play(way, 'tools')
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      expect(played.result?.num_turns).toBe(5)
    },
    LIMIT_MS,
  )

  test(
    'counts the tokens of every answer, once',
    async () => {
      await using played = await play(way, 'tools')
      expectUsage(played, way)
    },
    LIMIT_MS,
  )

  test(
    'lets a sub-agent do the work',
    async () => {
      await using played = await play(way, 'agent')
      expectSuccess(played, `agent done: ${SECRET}, 1 results`)
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      expect(played.conversations).toHaveLength(7)
    },
    LIMIT_MS,
  )

  test(
    'shows the model an image once, byte for byte, as an image',
    async () => {
      await using played = await play(way, 'image')
      expectSuccess(played, 'image done: no secret, 1 results')
      const images = played.conversations.at(-1)?.messages.flatMap((message) => message.images)
      expect(images).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
      expect(played.lastText.split(IMAGE)).toHaveLength(2)
    },
    LIMIT_MS,
  )

  test(
    'runs two calls of one turn, each with its own arguments',
    async () => {
      await using played = await play(way, 'parallel')
      expectSuccess(played, `parallel done: ${SECRET}, 2 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(played.conversations.at(-1)?.messages.flatMap((message) => message.calls)).toEqual(['Bash', 'Read'])
    },
    LIMIT_MS,
  )

  test(
    'tells the model where it is, also where that comes in mid-conversation',
    async () => {
      await using played = await play(way, 'plain')
      const system = played.conversations[0]?.messages.filter((message) => message.role !== 'assistant') ?? []
      expect(system.map((message) => message.text).join('\n')).toContain('Primary working directory')
    },
    LIMIT_MS,
  )
})

interface Played extends ClaudeRun, AsyncDisposable {
  readonly conversations: readonly Conversation[]
  /** The last request's body as it came. */
  readonly lastText: string
  file(name: string): Promise<string>
}

async function play(way: Way, episode: string): Promise<Played> {
  const scratch = await createScratch()
  await using provider = await createProvider()
  await furnish(scratch)
  const ended = await way.run(promptFor(episode, scratch.work), provider, scratch)
  return {
    ...ended,
    conversations: provider.requests.map(conversationOf),
    lastText: provider.requests.at(-1)?.text ?? '',
    file: (name) => readFile(join(scratch.work, name), 'utf8'),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  }
}

async function furnish({ work }: Scratch): Promise<void> {
  await writeFile(join(work, 'secret.txt'), `${SECRET}\n`)
  await writeFile(join(work, 'image.png'), Buffer.from(IMAGE, 'base64'))
}

/** One comparison, so that a failure shows all there is to know of the run. */
function expectSuccess({ code, result, stderr }: Played, text: string): void {
  expect({ code, text: result?.result, isError: result?.is_error, stderr: failures(stderr) }).toEqual({
    code: 0,
    text,
    isError: false,
    stderr: '',
  })
}

/** Claude Code says at every start that it does not know the scripted model's name. */
function failures(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => /error|fail|panic|unhandled/i.test(line))
    .join('\n')
}

function expectUsage({ result, conversations }: Played, way: Way): void {
  const each = way.usage(USAGE)
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = result?.usage ?? {}
  expect({ input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens }).toEqual({
    input_tokens: each.input * conversations.length,
    output_tokens: each.output * conversations.length,
    cache_read_input_tokens: each.cacheRead * conversations.length,
    cache_creation_input_tokens: each.cacheWrite * conversations.length,
  })
}
