import { describe, expect, test } from 'bun:test'

import { CODEX, runCodex, type CodexOptions, type CodexRun } from './codex.ts'
import { openaiResponses, type ServedProtocol } from './config.ts'
import { IMAGE, LIMIT_MS, play, SECRET, type Played, type Player } from './play.ts'
import { PROTOCOLS, throughCcr } from './through.ts'

if (!CODEX) console.warn('Codex is not installed, so its tests are skipped: `npm test` installs it.')

type Extra = Omit<CodexOptions, 'url'>

interface Way {
  readonly name: string
  readonly returnsReasoning: boolean
  /** Whether what the model is sent is ours, and not the agent's own words. */
  readonly isTranslated: boolean
  with(extra?: Extra): Player<CodexRun>
}

/** The agent on the model itself, with no router between. */
const straight: Way = {
  name: 'straight',
  returnsReasoning: true,
  isTranslated: false,
  with: (extra) => ({
    run: (prompt, provider, scratch) => runCodex(CODEX ?? '', prompt, scratch, { ...extra, url: `${provider.url}/v1` }),
  }),
}

function routed(protocol: ServedProtocol): Way {
  return {
    name: `ccr to ${protocol.name}`,
    returnsReasoning: protocol.returnsReasoning,
    isTranslated: protocol !== openaiResponses,
    with: (extra) =>
      throughCcr(protocol, (prompt, scratch, url) =>
        runCodex(CODEX ?? '', prompt, scratch, { ...extra, url: `${url}/v1` }),
      ),
  }
}

const ROUTED = PROTOCOLS.map(routed)
const TRANSLATED = PROTOCOLS.filter((protocol) => protocol !== openaiResponses).map(routed)

/** So that the first answer of the episode fills the window. */
const SMALL_WINDOW = ['model_auto_compact_token_limit = 50000', 'model_context_window = 100000']

function expectSuccess({ code, text, events, stderr }: Played<CodexRun>, wanted: string): void {
  const errors = events.filter(({ type }) => type === 'error' || type === 'turn.failed')
  expect({ code, text, errors, stderr: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    text: wanted,
    errors: [],
    stderr: '',
  })
}

describe.skipIf(!CODEX).each([straight, ...ROUTED])('Codex, $name', (way) => {
  test(
    'runs a command, reads, and writes and edits with patches, which are free-form',
    async () => {
      await using played = await play(way.with(), 'tools')
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      if (way.isTranslated) expect(played.faults).toEqual([])
      expect(played.conversations.at(-1)?.messages.flatMap((message) => message.calls)).toEqual([
        'exec_command',
        'exec_command',
        'apply_patch',
        'apply_patch',
      ])
      const usage = played.events.findLast(({ type }) => type === 'turn.completed')?.['usage']
      expect(usage).toMatchObject({ input_tokens: 5 * 2219, cached_input_tokens: 5 * 707, output_tokens: 5 * 97 })
    },
    LIMIT_MS,
  )

  test(
    'runs two calls of one turn, each with its own arguments',
    async () => {
      await using played = await play(way.with(), 'parallel')
      expectSuccess(played, `parallel done: ${SECRET}, 2 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
    },
    LIMIT_MS,
  )

  test(
    'shows the model an image, byte for byte, as an image',
    async () => {
      await using played = await play(way.with(), 'image')
      expectSuccess(played, 'image done: no secret, 1 results')
      const images = played.conversations.at(-1)?.messages.flatMap((message) => message.images)
      expect(images).toEqual([{ mediaType: 'image/png', base64: IMAGE }])
    },
    LIMIT_MS,
  )

  test(
    'gives the model its own reasoning back',
    async () => {
      await using played = await play(way.with(), 'thinking')
      expectSuccess(played, `thinking done: ${SECRET}, 1 results`)
      const thought = played.conversations.at(-1)?.messages.map((message) => message.reasoning)
      if (way.returnsReasoning) expect(thought?.join('')).toBe('First I must read the file.')
    },
    LIMIT_MS,
  )

  test.skipIf(way.name.endsWith('Gemini'))(
    'tells the model of arguments that are no JSON, and runs nothing',
    async () => {
      await using played = await play(way.with(), 'broken-arguments')
      expectSuccess(played, `broken-arguments done: ${SECRET}, 2 results`)
    },
    LIMIT_MS,
  )

  test(
    'compacts with a prompt of its own, and goes on from the summary',
    async () => {
      await using played = await play(way.with({ config: SMALL_WINDOW }), 'compaction')
      expectSuccess(played, `compaction done: ${SECRET}, 1 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(played.conversations).toHaveLength(4)
    },
    LIMIT_MS,
  )

  test(
    'says so where its answer is cut at the limit of tokens',
    async () => {
      await using played = await play(way.with(), 'cut-short')
      expect(played.code).toBe(1)
      expect(JSON.stringify(played.events.at(-1))).toContain('max_output_tokens')
    },
    LIMIT_MS,
  )
})

describe.skipIf(!CODEX).each(TRANSLATED)('Codex as with OpenAI itself, $name', (way) => {
  test(
    'compacts by an operation that only OpenAI has, and goes on from the summary',
    async () => {
      const provider = ['name = "OpenAI"']
      const player = way.with({ config: SMALL_WINDOW, provider })
      await using played = await play(player, 'compaction')
      expectSuccess(played, `compaction done: ${SECRET}, 1 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(played.conversations).toHaveLength(4)
    },
    LIMIT_MS,
  )

  test(
    'finds tools that it had kept back, and offers them from then on',
    async () => {
      await using played = await play(way.with(), 'tool-search')
      expectSuccess(played, 'tool-search done: no secret, 1 results')
      const [before, after] = played.conversations.map(({ tools }) => [...tools.keys()])
      const found = after?.filter((name) => !before?.includes(name)) ?? []
      expect(found).toContainEqual(expect.stringMatching(/^multi_agent\w+__spawn_agent$/))
    },
    LIMIT_MS,
  )

  test(
    'goes on over HTTP, without a word, where it would rather have a WebSocket',
    async () => {
      await using played = await play(way.with({ provider: ['supports_websockets = true'] }), 'plain')
      expectSuccess(played, 'plain done: no secret, 0 results')
      expect(played.events.filter(({ item }) => item?.type === 'error')).toEqual([])
    },
    LIMIT_MS,
  )
})
