import { playFault, SETUPS, type Outcome } from '../gateway/resilience/matrix/cell.ts'
import { CUTS, FAULTS } from '../gateway/resilience/matrix/fault.ts'

/**
 * Prints what becomes of every fault: `bun test/bench/fault-matrix.ts`. A cell sums up all pairs of client and provider
 * protocols; where they differ, it says how many were which.
 */
const columns = SETUPS.flatMap((setup) => [true, false].map((streamed) => ({ setup, streamed })))

function row(first: string, cells: readonly string[]): string {
  return `| ${[first.padEnd(28), ...cells.map((cell) => cell.padEnd(22))].join(' | ')} |`
}

function sumUp(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>()
  for (const { expected, found } of outcomes) {
    const text = expected === found ? found : `WRONG: ${found}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, count]) => (counts.size === 1 ? text : `${count} ${text}`)).join(', ')
}

console.log(
  row(
    'fault',
    columns.map(({ setup, streamed }) => `${setup}, ${streamed ? 'streamed' : 'whole'}`),
  ),
)
console.log(
  row(
    '-'.repeat(28),
    columns.map(() => '-'.repeat(22)),
  ),
)
let total = 0
let wrong = 0
for (const fault of [...FAULTS, ...CUTS]) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other, so that deadlines mean something
  const outcomes = await playFault(fault)
  total += outcomes.length
  wrong += outcomes.filter(({ expected, found }) => expected !== found).length
  const cells = columns.map(({ setup, streamed }) =>
    sumUp(outcomes.filter(({ cell }) => cell.setup === setup && cell.streamed === streamed)),
  )
  console.log(row(fault.name, cells))
}
console.log(`\n${total} cells, ${wrong} of them not as expected`)
