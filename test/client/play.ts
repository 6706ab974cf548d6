import { expect } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Received, Upstream } from '../helper/upstream.ts'
import { createScratch, type Ended, type Scratch } from './agent.ts'
import type { ClaudeRun } from './claude-code.ts'
import { conversationOf, type Conversation } from './conversation.ts'
import { promptFor } from './episode.ts'
import type { Fault } from './fault.ts'
import { faultsIn } from './judge.ts'
import { createProvider } from './provider.ts'

/** How long one run of an agent may take, with the start of everything around it. */
export const LIMIT_MS = 90_000

/** What `secret.txt` holds. */
export const SECRET = 'secret-1a2b3c4d5e6f'

/** What `image.png` holds: two by two pixels of red. */
export const IMAGE =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='

/** What `document.pdf` holds: one empty page. */
export const DOCUMENT = Buffer.from(
  `%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99]>> endobj
trailer <</Root 1 0 R>>
%%EOF
`,
).toString('base64')

/** An episode as it was played, and what the model saw of it. */
export type Played<Run extends Ended = ClaudeRun> = Run & Seen

interface Seen extends AsyncDisposable {
  readonly conversations: readonly Conversation[]
  /** What is wrong with the requests by the published specification of their protocol. */
  readonly faults: readonly string[]
  /** The last request's body as it came. */
  readonly lastText: string
  file(name: string): Promise<string>
}

/** Whatever runs an agent with a prompt. */
export interface Player<Run extends Ended> {
  run(prompt: string, provider: Upstream, scratch: Scratch): Promise<Run>
}

/** Plays an episode in a scratch folder with a secret and an image in it. */
export async function play<Run extends Ended = ClaudeRun>(
  way: Player<Run>,
  episode: string,
  fault?: Fault,
): Promise<Played<Run>> {
  const scratch = await createScratch()
  await using provider = await createProvider(fault)
  await furnish(scratch)
  const ended = await way.run(promptFor(episode, scratch.work), provider, scratch)
  return {
    ...ended,
    conversations: provider.requests.filter(asksModel).map(conversationOf),
    faults: provider.requests.filter(asksModel).flatMap(faultsIn),
    lastText: provider.requests.at(-1)?.text ?? '',
    file: (name) => readFile(join(scratch.work, name), 'utf8'),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  }
}

function asksModel({ method, path }: Received): boolean {
  return method === 'POST' && !/(count[_-]tokens|input_tokens|:countTokens)$/.test(path)
}

/** Puts into a working folder what the episodes read. */
export async function furnish({ work }: Scratch): Promise<void> {
  await writeFile(join(work, 'secret.txt'), `${SECRET}\n`)
  await writeFile(join(work, 'image.png'), Buffer.from(IMAGE, 'base64'))
  await writeFile(join(work, 'document.pdf'), Buffer.from(DOCUMENT, 'base64'))
}

/** The agent ended well with this text. One comparison, so that a failure shows all there is to know of the run. */
export function expectSuccess({ code, result, stderr }: Played, text: string): void {
  expect({ code, text: result?.result, isError: result?.is_error, stderr: failures(stderr) }).toEqual({
    code: 0,
    text,
    isError: false,
    stderr: '',
  })
}

/** Claude Code says at every start that it does not know the scripted model's name, and ccr sums up at the end. */
function failures(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => !line.startsWith('ccr: scripted,'))
  return lines.filter((line) => /error|fail|panic|unhandled/i.test(line)).join('\n')
}
