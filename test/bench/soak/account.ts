import { Database } from 'bun:sqlite'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Case, caseOf, leaves, type Outcome, outcomesOf } from './case.ts'
import type { Played } from './client.ts'

/** Who noted what of the calls. */
export interface Notes {
  /** How many calls the clients made. */
  readonly calls: number
  /** How each ended for its client. */
  readonly played: ReadonlyMap<string, Played>
  /** Which rows of the config were asked, in order, by call. */
  readonly seen: ReadonlyMap<string, readonly string[]>
  /** The folder of the router's config, with its logs and its records. */
  readonly home: string
  /** How many calls the router says that it has answered. */
  readonly counted: number
}

/** What does not agree, and how much there was of what. */
export interface Account {
  readonly discrepancies: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

/** Compares: each call must be known once, with its true end and all its attempts, to client, router, records and provider. */
export function account({ calls, played, seen, home, counted }: Notes): Account {
  const logged = Map.groupBy(linesOf(join(home, 'logs')), ({ session }) => session ?? '')
  const { records, held } = recordsOf(join(home, 'state', 'state.db'))
  const recorded = Map.groupBy(records, ({ session }) => session ?? '')
  const counts: Record<string, number> = { calls, 'asked of providers': 0 }
  const count = (what: string, by = 1): void => void (counts[what] = (counts[what] ?? 0) + by)
  const wrong = Array.from({ length: calls }, (_, serial) => {
    const one = caseOf(serial)
    const lines = logged.get(one.id) ?? []
    const rows = recorded.get(one.id) ?? []
    const client = played.get(one.id)
    const asked = seen.get(one.id) ?? []
    count('asked of providers', asked.length)
    count(`ended ${client?.outcome ?? 'otherwise'}`)
    if (lines[0]?.attempts) count('calls with several attempts')
    if (lines[0]?.fallback) count('answered by the fallback')
    return [
      ...(client ? [] : ['the client does not know how it ended']),
      ...(client?.wrong === undefined ? [] : [`the client got ${client.wrong}`]),
      ...(lines.length === 1 ? compared(one, client?.outcome, asked, lines[0] as Line) : []),
      ...(lines.length === 1 ? [] : [`the log has ${lines.length} lines`]),
      ...(rows.length === 1 ? [] : [`there are ${rows.length} records`]),
      ...(outcomeOf(rows[0]) === outcomeOf(lines[0]) ? [] : [`the record says ${rows[0]?.error}`]),
    ].map((what) => `${one.id} (${one.behaviour}, ${one.way}, ${one.fault}): ${what}`)
  }).flat()
  if (held > 0) wrong.unshift(`${held} reservations are left`)
  if (counted !== calls) wrong.unshift(`the router counts ${counted} calls of ${calls}`)
  return { discrepancies: wrong, counts }
}

function compared(one: Case, client: Outcome | undefined, asked: readonly string[], line: Line): string[] {
  const outcome = outcomeOf(line)
  const mayDiffer = leaves(one.behaviour) && one.fault === 'late-cut'
  const isRight = outcomesOf(one).includes(outcome) && (mayDiffer || outcome === client)
  const attempts = (line.attempts ?? [line]).map(({ provider = '' }) => provider)
  // A kept-alive connection that turns out dead is none: the call is made again on a fresh one.
  const isRepeated = one.fault === 'reset' && asked.length === attempts.length + 1
  const isSeen = String(isRepeated ? asked.slice(1) : asked) === String(attempts)
  return [
    ...(isRight ? [] : [`the log says ${line.error ?? 'that it ended well'}`]),
    ...(isSeen ? [] : [`providers were asked: ${asked.join(', ')}; the log tells of ${attempts.join(', ')}`]),
  ]
}

interface Line {
  readonly session?: string
  readonly error?: string
  readonly fallback?: boolean
  readonly provider?: string
  readonly attempts?: readonly { readonly provider?: string }[]
}

function outcomeOf(line: Line | undefined): Outcome {
  if (line?.error === undefined) return 'whole'
  return line.error.startsWith('aborted') ? 'gone' : 'failed'
}

function linesOf(directory: string): Line[] {
  const all = readdirSync(directory).filter((name) => name.endsWith('.log'))
  const lines = all.flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
  return lines.filter((line) => line.includes('"message":"call"')).map((line) => JSON.parse(line) as Line)
}

function recordsOf(file: string): { readonly records: Line[]; readonly held: number } {
  using database = new Database(file, { readonly: true })
  const rows = database.query<{ record: string }, []>('SELECT record FROM call').all()
  const held = database.query<{ count: number }, []>('SELECT count(*) AS count FROM hold').get()
  return { records: rows.map(({ record }) => JSON.parse(record) as Line), held: held?.count ?? 0 }
}
