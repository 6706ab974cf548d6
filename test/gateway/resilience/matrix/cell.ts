import { createServer, type AddressInfo } from 'node:net'
import { ERROR_POLICIES } from '../../../../src/canonical/error.ts'
import type { Endpoint, Provider } from '../../../../src/provider/provider.ts'
import { answerTurn } from '../../../helper/answer-turn.ts'
import { testGateway, testProvider } from '../../../helper/gateway.ts'
import { createUpstream, type Received } from '../../../helper/upstream.ts'
import { CLIENTS, TEXT, type MatrixClient } from './client.ts'
import { statusOf, type Fault } from './fault.ts'

/** Whom a call can turn to besides the provider that fails. */
export const SETUPS = ['one target', 'with fallback', 'several keys'] as const
export type Setup = (typeof SETUPS)[number]

/** What the scripted providers speak. */
const SPOKEN = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'] as const

/** One square of the matrix. */
export interface Cell {
  readonly client: MatrixClient
  readonly upstream: Endpoint['protocol']
  readonly setup: Setup
  readonly streamed: boolean
}

/** What came of one. */
export interface Outcome {
  readonly cell: Cell
  readonly expected: string
  readonly found: string
  readonly tookMs: number
  /** How often the providers were asked. */
  readonly attempts: number
}

/** The deadlines of a provider that is silent, and of one that only has much to do. */
const DEADLINE_MS = 250
const PATIENT_MS = 5000
/** No cell may take longer: two attempts, each up to a deadline, and what a busy machine adds. */
export const LONGEST_MS = 2 * DEADLINE_MS + 4000
/** So many at once leave the machine the time that the deadlines leave it. */
const CELLS_AT_ONCE = 24

const RETRY = { attempts: 2, mostAttempts: 6, pauseMs: 2, longestPauseMs: 20, budgetMs: 10_000 }

/** Every cell of a fault, all at once. */
export async function playFault(fault: Fault, clients: readonly MatrixClient[] = CLIENTS): Promise<Outcome[]> {
  const isGood = ({ headers }: Received): boolean =>
    JSON.stringify([headers['authorization'], headers['x-api-key'], headers['x-goog-api-key']]).includes('good-key')
  await using good = await createUpstream((request) => answerTurn(request, { text: TEXT }))
  await using bad = await createUpstream((request) => {
    const right = answerTurn(request, { text: TEXT })
    return isGood(request) ? right : (fault.bend?.(right, request) ?? right)
  })
  await using plain = await createPlainServer()
  const places: Readonly<Record<string, string>> = {
    https: bad.url.replace('http:', 'https:'),
    plain: `https://127.0.0.1:${plain.port}`,
  }
  const urls = { bad: places[fault.url ?? ''] ?? fault.url ?? bad.url, good: good.url }
  const cells = clients.flatMap((client) =>
    SPOKEN.flatMap((upstream) =>
      SETUPS.flatMap((setup) => [true, false].map((streamed) => ({ client, upstream, setup, streamed }))),
    ),
  )
  const outcomes: Outcome[] = []
  for (let index = 0; index < cells.length; index += CELLS_AT_ONCE) {
    const some = cells.slice(index, index + CELLS_AT_ONCE)
    // oxlint-disable-next-line no-await-in-loop -- some at once, not all
    outcomes.push(...(await Promise.all(some.map((cell) => playAlone(cell, fault, urls)))))
  }
  return outcomes
}

/** What answers a TLS handshake in plain text. */
async function createPlainServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

interface Urls {
  readonly bad: string
  readonly good: string
}

/** What happens to a connection that is used again needs a provider of its own: others' connections are not to be taken. */
async function playAlone(cell: Cell, fault: Fault, urls: Urls): Promise<Outcome> {
  if (!fault.isOnReuse) return play(cell, fault, urls)
  await using own = await createUpstream((request) => {
    const right = answerTurn(request, { text: TEXT })
    return fault.bend?.(right, request) ?? right
  })
  return await play(cell, fault, { ...urls, bad: own.url })
}

async function play(cell: Cell, fault: Fault, urls: Urls): Promise<Outcome> {
  const { client, upstream, setup, streamed } = cell
  const isSilent = fault.kind === 'timeout' && fault.status === undefined
  const row = {
    deadlines: deadlines(isSilent || fault.url ? DEADLINE_MS : PATIENT_MS),
    retry: RETRY,
    models: ['model'],
  }
  const providers: Provider[] = [
    testProvider(urls.bad, upstream, {
      ...row,
      name: 'bad',
      ...(setup === 'several keys' && {
        apiKey: 'bad-key-0123456789',
        apiKeys: ['bad-key-0123456789', 'good-key-0123456789'],
      }),
    }),
    testProvider(urls.good, upstream, { ...row, deadlines: deadlines(PATIENT_MS), name: 'good' }),
  ]
  const { gateway, calls } = testGateway({
    providers,
    routes: {
      targets: { default: { provider: 'bad', model: 'model' } },
      ...(setup === 'with fallback' && { fallbacks: { default: [{ provider: 'good', model: 'model' }] } }),
      longContextThreshold: 60_000,
    },
  })
  if (fault.isOnReuse) await client.read(await gateway(client.ask(streamed)))
  const started = performance.now()
  const outcome = await client.read(await gateway(client.ask(streamed)))
  const tookMs = performance.now() - started
  const [record, ...more] = fault.isOnReuse ? calls.slice(1) : calls
  const isNoted = record !== undefined && more.length === 0 && (record.error === undefined) === IS_WELL.has(outcome)
  return {
    cell,
    expected: expectedOf(fault, cell),
    found: isNoted ? sameAs(outcome, fault, cell) : `${outcome}, but recorded as ${JSON.stringify(record)}`,
    tookMs,
    attempts: record?.attempts?.length ?? 1,
  }
}

/** What no error is recorded for. */
const IS_WELL: ReadonlySet<string> = new Set(['answer', 'NOTHING'])

function deadlines(ms: number): Provider['deadlines'] {
  return { connectMs: ms, firstByteMs: ms, idleMs: ms }
}

/** The rules of the matrix: what must come of a fault. */
function expectedOf(fault: Fault, { client, upstream, setup, streamed }: Cell): string {
  const kind = (streamed && fault.streamedKind) || fault.kind
  const request = requestOf(upstream, streamed)
  const right = answerTurn(request, { text: TEXT })
  if (kind === undefined || fault.isHarmless?.(right, request)) return 'answer'
  // Words that the client has heard cannot be taken back.
  if (streamed && fault.isLate?.(right)) return 'told'
  // Nobody has heard a word: whoever else can be asked answers.
  if (setup === 'with fallback') return 'answer'
  if (setup === 'several keys' && fault.url === undefined && goesToOtherKey(kind)) return 'answer'
  if (fault.isClaudes && upstream === 'anthropic-messages') return 'NOTHING'
  if (streamed && fault.isOwnWords && setup === 'one target' && client.protocol === upstream) return 'told'
  return `error ${statusOf(fault)}`
}

/** `outcome`, or what it is as good as. */
function sameAs(outcome: string, fault: Fault, cell: Cell): string {
  if (outcome === `error ${fault.orStatus}`) return `error ${statusOf(fault)}`
  const { isLate: _isLate, ...early } = fault
  return fault.isLossy && outcome === expectedOf(early, cell) ? expectedOf(fault, cell) : outcome
}

/** With another key at once where the key is to blame; else the second attempt takes the other key's turn, if there is one. */
function goesToOtherKey(kind: NonNullable<Fault['kind']>): boolean {
  const { again, blames } = ERROR_POLICIES[kind]
  return blames === 'key' || blames === 'key-at-model' || again === 'later' || again === 'if-alone'
}

function requestOf(upstream: Endpoint['protocol'], streamed: boolean): Received {
  const path = {
    'anthropic-messages': '/v1/messages',
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
  } as Record<string, string>
  const gemini = `/v1/models/model:${streamed ? 'streamGenerateContent' : 'generateContent'}`
  return { path: path[upstream] ?? gemini, body: { stream: streamed, model: 'model' }, serial: 0 } as Received
}
