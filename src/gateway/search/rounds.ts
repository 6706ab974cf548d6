import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import type { ModelRequest, ToolChoice } from '../../canonical/request.ts'
import type { FinishEvent, MadeSearch, SearchCodec, SearchWish } from '../../protocol/search-codec.ts'
import type { Batches } from '../batches.ts'
import type { Answer, Call } from '../call.ts'
import type { Memory } from '../memory.ts'
import { furtherRound, type Account } from './accounts.ts'
import { createJoint, type WantedSearch } from './joint.ts'
import { search, type SearchParts } from './search.ts'
import { queryOf, resultOf } from './tool.ts'

/** An answer whose events can be read. */
export type ToldAnswer = Answer & Required<Pick<Answer, 'told'>>

export interface RoundParts extends Pick<SearchParts, 'settings' | 'signal'> {
  readonly ports: SearchParts['ports'] & { id(prefix: string): string }
  readonly laterIds: Memory<string>
  readonly account: Account
  readonly codec: SearchCodec
  /** What the model knows the search by. */
  readonly name: string
  readonly wish: SearchWish
  /** Asks a model once more for the same answer. */
  ask(call: Call, choice: ToolChoice | undefined): Promise<Answer>
}

/** How many searches there may be where the client does not say, and however many it says. */
const UNSAID_USES = 5
const MOST_USES = 20

/**
 * The events of one answer for the client, however often the model has to be asked for it: what the model wants to search for is
 * searched, and the model asked again with what was found, until it calls for no more.
 */
export function createRounds(first: ToldAnswer, call: Call, parts: RoundParts): Batches {
  const { account, codec, wish, signal } = parts
  const maxUses = Math.min(Math.max(wish.maxUses ?? UNSAID_USES, 0), MOST_USES)
  const joint = createJoint(parts.name, codec, parts.ports.id)
  const made: MadeSearch[] = []
  const batches = run()
  let answer: Answer = first
  let uses = 0

  async function* run(): AsyncGenerator<readonly ModelEvent[]> {
    let request = call.request
    for (let round = 1; ; round++) {
      for await (const events of read(answer)) yield joint.push(events)
      noteId()
      const { finish, wanted } = joint
      if (!finish) return account.update()
      // The model asks again, with what the client's own tool has said.
      if (joint.callsClient && !codec.isRecalled) return yield [end(finish, wanted)]
      const mayGoOn = GOES_ON.has(finish.reason.kind)
      const found = yield* searchFor(wanted, mayGoOn)
      if (wanted.length === 0 || !mayGoOn || joint.callsClient || round > maxUses + 1)
        return yield [end(finish, wanted)]
      request = goneOn(request, found)
      joint.next()
      try {
        answer = await parts.ask(furtherRound(call, request), choiceFor(call.request))
      } catch (cause) {
        if (!call.request.stream || !(cause instanceof ModelError)) throw cause
        Object.assign(account.last(), { finish: 'error', failure: cause })
        account.update()
        return yield [{ type: 'error', error: cause }]
      }
    }
  }

  /** What the provider keeps of the whole answer goes by the id of its last round. */
  function noteId(): void {
    const { answerId } = call.trace
    const { answerId: last } = account.last()
    if (answerId !== undefined && last !== undefined && answerId !== last) parts.laterIds.set(answerId, last)
  }

  async function* searchFor(
    wanted: readonly WantedSearch[],
    mayGoOn: boolean,
  ): AsyncGenerator<readonly ModelEvent[], MadeSearch[]> {
    const allowed = wanted.map((each) => (mayGoOn && queryOf(each.call) !== undefined ? uses++ < maxUses : false))
    const found = await Promise.all(wanted.map((each, index) => outcomeOf(each, allowed[index] === true, mayGoOn)))
    made.push(...found)
    for (const each of found) yield joint.tell(codec.ended(each))
    return found
  }

  async function outcomeOf(
    { id, call: asked }: WantedSearch,
    isAllowed: boolean,
    mayGoOn: boolean,
  ): Promise<MadeSearch> {
    const query = queryOf(asked)
    if (!mayGoOn) return { id, query: query ?? '', outcome: { code: 'unavailable', why: 'the answer ended before it' } }
    if (query === undefined) return { id, query: '', outcome: { code: 'invalid_tool_input', why: 'there is no query' } }
    if (!isAllowed) return { id, query, outcome: { code: 'max_uses_exceeded', why: `${maxUses} searches are allowed` } }
    const outcome = await search(query, wish, { ...parts, callId: call.id, signal })
    return { id, query, outcome }
  }

  /** What was not asked by the client is nothing that it has to answer. */
  function end(finish: FinishEvent, wanted: readonly WantedSearch[]): FinishEvent {
    const isOver = finish.reason.kind === 'tool-calls' && wanted.length > 0 && !joint.callsClient
    const ended: FinishEvent = isOver ? { ...finish, reason: { kind: 'stop' } } : finish
    account.last().finish = ended.reason.kind
    const count = made.length
    if (count > 0) account.note(`${count} web search${count > 1 ? 'es' : ''} by ${parts.settings.backend}`)
    account.update()
    return codec.finish(ended, made)
  }

  function goneOn(request: ModelRequest, found: readonly MadeSearch[]): ModelRequest {
    const outcomes = new Map(found.map(({ id, outcome }) => [id, outcome]))
    const results = joint.wanted.flatMap(({ id, call: asked }) => {
      const outcome = outcomes.get(id)
      return outcome ? [resultOf(asked.id, outcome)] : []
    })
    return {
      ...request,
      messages: [...request.messages, { role: 'assistant', parts: joint.parts() }, { role: 'user', parts: results }],
    }
  }

  /** What had to be called once has been. Who may search no more answers, if that is all that he can do. */
  function choiceFor({ tools, toolChoice }: ModelRequest): ToolChoice | undefined {
    const hasOthers = tools.some(({ type }) => type === 'function')
    if (uses >= maxUses && !hasOthers) return { type: 'none' }
    return toolChoice || wish.isForced ? { type: 'auto' } : undefined
  }

  return {
    async next() {
      const { done, value } = await batches.next()
      return done ? undefined : value
    },
    cancel() {
      if (typeof answer.body !== 'string') answer.body.cancel()
    },
  }
}

/** An answer that was cut, or refused, is not gone on with. */
const GOES_ON: ReadonlySet<FinishEvent['reason']['kind']> = new Set(['tool-calls', 'stop', 'stop-sequence', 'other'])

/** The events of one round; its bytes, which are those of another answer, are let go. */
async function* read({ body, told }: Answer): AsyncGenerator<ModelEvent[]> {
  if (!told) throw new Error('a round of an answer came without its events')
  if (typeof body === 'string') return yield told()
  for (let bytes = await body.next(); bytes; bytes = await body.next()) yield told()
  yield told()
}
