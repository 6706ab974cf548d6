import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caseOf, endsWell } from './case.ts'

/** Who noted what of the calls. */
export interface Notes {
  /** How many calls the clients made. */
  readonly calls: number
  /** The answers that were not as they should be, by call. */
  readonly failures: ReadonlyMap<string, string>
  /** How often the provider was asked, by call. */
  readonly seen: ReadonlyMap<string, number>
  /** The folder of the router's logs. */
  readonly logs: string
  /** How many calls the router says that it has answered. */
  readonly counted: number
}

/** What does not agree: each call must be known once, with its true end, to client, router and provider. */
export function discrepancies({ calls, failures, seen, logs, counted }: Notes): string[] {
  const lines = linesOf(logs)
  const wrong = Array.from({ length: calls }, (_, serial) => {
    const one = caseOf(serial)
    const [line, ...more] = lines.get(one.id) ?? []
    const hasEnded = line?.error === undefined
    return [
      ...(failures.has(one.id) ? [`the client got ${failures.get(one.id)}`] : []),
      ...(seen.get(one.id) === 1 ? [] : [`the provider was asked ${seen.get(one.id) ?? 0} times`]),
      ...(line && more.length === 0 ? [] : [`the log has ${lines.get(one.id)?.length ?? 0} lines`]),
      ...(hasEnded === endsWell(one) ? [] : [`the log says ${line?.error ?? 'that it ended well'}`]),
    ].map((what) => `${one.id} (${one.behaviour}, ${one.way}): ${what}`)
  }).flat()
  return counted === calls ? wrong : [`the router counts ${counted} calls of ${calls}`, ...wrong]
}

interface Line {
  readonly session?: string
  readonly error?: string
}

function linesOf(directory: string): Map<string, Line[]> {
  const all = readdirSync(directory).filter((name) => name.endsWith('.log'))
  const lines = all.flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
  const calls = lines.filter((line) => line.includes('"message":"call"')).map((line) => JSON.parse(line) as Line)
  return Map.groupBy(calls, ({ session }) => session ?? '')
}
