import { describe, expect, test } from 'bun:test'

import { USAGE } from '../helper/turn.ts'
import { CLAUDE } from './claude-code.ts'
import { passingFaults } from './fault.ts'
import { DOCUMENT, expectSuccess, IMAGE, LIMIT_MS, play, SECRET, type Played } from './play.ts'
import { furtherWaysTo, waysTo, type Way } from './way.ts'

if (!CLAUDE) console.warn('Claude Code is not installed, so its tests are skipped: `npm test` installs it.')

const WAYS = [...waysTo(CLAUDE ?? '')]

describe.skipIf(!CLAUDE).each([...WAYS, ...furtherWaysTo(CLAUDE ?? '')])('Claude Code, $name', (way) => {
  test(
    'runs a command, reads, writes and edits, and counts every answer once',
    async () => {
      await using played = await play(way, 'tools')
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
      expect(played.result?.num_turns).toBe(5)
      expectUsage(played, way)
      if (way.isTranslated) expect(played.faults).toEqual([])
      // What ccr says itself when the agent is done; straight there is nobody to say it.
      if (way.sumsUp) expect(played.stderr).toContain('(5) · 11,095 tokens in (3,535 from cache), 485 out')
    },
    LIMIT_MS,
  )

  test(
    'gives the model its own thinking back',
    async () => {
      await using played = await play(way, 'thinking')
      expectSuccess(played, `thinking done: ${SECRET}, 1 results`)
      const thought = blocks(played, 'thinking').map((block) => block['thinking'])
      expect(thought).toEqual(['First I must read the file.', 'Now I know the secret.'])
      const back = played.conversations
        .at(-1)
        ?.messages.map((message) => message.reasoning)
        .join('')
      if (way.returnsReasoning) expect(back).toBe('First I must read the file.')
    },
    LIMIT_MS,
  )
})

describe.skipIf(!CLAUDE).each(WAYS)('Claude Code, $name', (way) => {
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
    'shows the model a PDF as a document',
    async () => {
      await using played = await play(way, 'document')
      expectSuccess(played, 'document done: no secret, 1 results')
      const documents = played.conversations.at(-1)?.messages.flatMap((message) => message.documents)
      expect(documents).toEqual([{ mediaType: 'application/pdf', base64: DOCUMENT }])
    },
    LIMIT_MS,
  )

  test(
    'loads a tool that it had kept back',
    async () => {
      await using played = await play(way, 'deferred-tool')
      expectSuccess(played, 'deferred-tool done: no secret, 1 results')
      const [before, after] = played.conversations
      expect(before?.tools.has('NotebookEdit')).toBe(false)
      expect(after?.tools.get('NotebookEdit')).toMatchObject({ required: ['notebook_path', 'new_source'] })
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

  test.skipIf(way.name.endsWith('Gemini'))(
    'tells the model of arguments that are no JSON, and runs nothing',
    async () => {
      await using played = await play(way, 'broken-arguments')
      expectSuccess(played, `broken-arguments done: ${SECRET}, 2 results`)
      const [first] = played.conversations[1]?.messages.filter((message) => message.role === 'tool') ?? []
      expect(first?.text).toContain('InputValidationError')
    },
    LIMIT_MS,
  )

  test(
    'asks on, and then fails, when the answer is cut at the limit of tokens',
    async () => {
      await using played = await play(way, 'cut-short')
      expect(played).toMatchObject({ code: 1, result: { is_error: true, api_error: 'max_output_tokens' } })
      expect(played.conversations).toHaveLength(4)
    },
    LIMIT_MS,
  )

  test(
    'says that the model refused',
    async () => {
      await using played = await play(way, 'refusal')
      expect(played).toMatchObject({ code: 1, result: { is_error: true, stop_reason: 'refusal' } })
    },
    LIMIT_MS,
  )

  test.each(passingFaults)(
    'recovers from $name',
    async (fault) => {
      await using played = await play(way, 'tools', fault)
      expectSuccess(played, `tools done: ${SECRET}, 4 results`)
      expect(await played.file('effect.txt')).toBe('made\n')
      expect(await played.file('written.txt')).toBe('Grüße: second 🙂\n')
    },
    LIMIT_MS,
  )
})

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

/** The blocks of this type that Claude Code showed. */
function blocks({ events }: Played, type: string): Record<string, unknown>[] {
  const contents = events.map(
    (event) => (event['message'] as { content?: Record<string, unknown>[] } | undefined)?.content,
  )
  return contents.flatMap((content) => content ?? []).filter((block) => block['type'] === type)
}
