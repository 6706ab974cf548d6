import type { ModelRequest } from '../../canonical/request.ts'
import { addUsage, type Usage } from '../../canonical/usage.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { Answer, Call, Trace } from '../call.ts'
import { adoptAttempts, ownTrace } from '../own-trace.ts'

/** The rounds of one answer: each has a trace of its own, and the call's knows what they come to. */
export interface Account {
  /** Asks for one more round. */
  ask(round: Call, next: (round: Call) => Promise<Answer>): Promise<Answer>
  /** The trace of the last round. */
  last(): Trace
  /** Has the call's trace say what is known by now. */
  update(): void
  /** Adds to the reason. */
  note(words: string): void
}

export function openAccount(main: Trace): Account {
  const rounds: Trace[] = []
  const { warnings } = main
  let noted = ''
  const update = (): void => {
    const [first] = rounds
    const last = rounds.at(-1)
    if (!first || !last) return
    const { startedAt: _startedAt, attempts: _attempts, further: _further, atEnd: _atEnd, signatures, ...known } = first
    const all = rounds.flatMap((round) => round.warnings)
    Object.assign(main, known, { warnings: [...new Set([...warnings, ...all])] })
    main.signatures.splice(0, main.signatures.length, ...signatures)
    if (noted !== '') main.reason = `${main.reason ?? 'chosen'}; ${noted}`
    if (rounds.length > 1) Object.assign(main, sumOf(rounds, last))
  }
  const settle = (): void => {
    for (const round of rounds) for (const run of round.atEnd) run()
    update()
  }
  // Before those that were there already, which read what is added up.
  main.atEnd.unshift(settle)

  /** Who gets an error may begin anew with the same trace. */
  const close = (): void => {
    update()
    const place = main.atEnd.indexOf(settle)
    if (place < 0) return
    main.atEnd.splice(place, 1)
    main.atEnd.push(...rounds.flatMap(({ atEnd }) => atEnd))
  }
  return {
    async ask(round, next) {
      const own = ownTrace(main)
      const known = main.attempts.length
      rounds.push(own)
      try {
        const answer = await next({ ...round, trace: own })
        update()
        return answer
      } catch (cause) {
        close()
        throw cause
      } finally {
        adoptAttempts(main, own, known)
      }
    },
    last: () => rounds.at(-1) ?? main,
    update,
    note(words) {
      noted = words
    },
  }
}

/** A stream whose trace is up to date when it has been read. */
export function updating(body: Answer['body'], { update }: Account): Answer['body'] {
  if (typeof body === 'string') return body
  return {
    async next() {
      const bytes = await body.next()
      if (!bytes) update()
      return bytes
    },
    cancel: () => body.cancel(),
  }
}

/** A further round of `call`: who has answered is asked first. */
export function furtherRound(call: Call, request: ModelRequest): Call {
  const { trace, fallbacks = [] } = call
  const target = trace.target ?? call.target
  const chain = [...(call.target ? [call.target] : []), ...fallbacks]
  const others = chain.filter((each) => !target || nameOfTarget(each) !== nameOfTarget(target))
  return { ...call, ...(target && { target }), fallbacks: others, request, edited: true }
}

function sumOf(rounds: readonly Trace[], last: Trace): Partial<Trace> {
  const usage = rounds.reduce<Usage | undefined>(
    (sum, round) => (round.usage ? addUsage(sum, round.usage) : sum),
    undefined,
  )
  const isFallback = rounds.some(({ fallback }) => fallback)
  return {
    rounds: rounds.length,
    ...(usage && { usage }),
    ...(last.finish !== undefined && { finish: last.finish }),
    ...(last.failure && { failure: last.failure }),
    ...(last.target && { target: last.target }),
    ...(isFallback && { fallback: true }),
  }
}
