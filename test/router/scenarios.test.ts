import { expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import { decodeRequest } from '../../src/protocol/anthropic-messages/decode-request.ts'
import { factsOf } from '../../src/router/facts.ts'
import { nameOfTarget } from '../../src/router/model-name.ts'
import { select } from '../../src/router/select.ts'
import cases from '../fixture/route/cases.json'
import routing from '../fixture/route/routing.json'
import shapes from '../fixture/route/shapes.json'

interface Case {
  readonly name: string
  /** A request as a version of Claude Code sends it. */
  readonly shape: string
  /** Top-level fields that differ. */
  readonly change?: JsonObject
  /** Characters of prose in a further system message. */
  readonly pad?: number
  readonly target: string
  readonly route: string
  /** Words of the reason. */
  readonly why: string
  /** Words of each warning, in order. */
  readonly warns?: readonly string[]
}

const table = cases as unknown as readonly Case[]
const requests = shapes as unknown as Readonly<Record<string, { headers: Record<string, string>; body: JsonObject }>>

test('the table is long enough to mean something', () => {
  expect(table.length).toBeGreaterThanOrEqual(60)
  expect(new Set(table.map((row) => row.name)).size).toBe(table.length)
})

test.each(table.map((row) => [row.name, row.target, row.route, row] as const))(
  '%s → %s (%s)',
  (_name, _target, _route, row) => {
    const selection = select(factsOf(requestOf(row), { headers: shapeOf(row).headers }), routing)
    expect({ target: nameOfTarget(selection.target), route: selection.route }).toEqual({
      target: row.target,
      route: row.route,
    } as never)
    expect(selection.reason).toContain(row.why)
    expect(selection.warnings).toHaveLength(row.warns?.length ?? 0)
    row.warns?.forEach((words, index) => expect(selection.warnings[index]).toContain(words))
    expect(selection.fallbacks).toEqual([])
  },
)

function shapeOf(row: Case) {
  const shape = requests[row.shape]
  if (!shape) throw new Error(`no shape ${row.shape}`)
  return shape
}

function requestOf(row: Case) {
  const { headers, body } = shapeOf(row)
  const changed = JSON.parse(
    JSON.stringify({ ...body, ...row.change }).replace('"BIG"', `"${'A'.repeat(4_000_000)}"`),
  ) as JsonObject
  if (row.pad !== undefined)
    (changed['messages'] as JsonObject[]).push({ role: 'system', content: 'word '.repeat(row.pad / 5) })
  return decodeRequest({ path: '/messages', query: '', headers, body: changed })
}
