import { asString, type JsonObject } from '../../canonical/json.ts'
import type { Turn } from './turns.ts'

/**
 * Turns in which each call has an id of its own, which only a call of another turn may have as well, and at most one
 * result: where a client uses an id twice in one turn, the results belong to the calls in their order. What is left over
 * answers nothing.
 */
export function pairIds(turns: readonly Turn[]): Turn[] {
  let open = new Map<string, Calls>()
  let taken = new Set<string>()
  return turns.map((turn) => {
    if (turn.role === 'system') return turn
    if (turn.role === 'assistant') {
      open = new Map()
      taken = new Set(turn.blocks.flatMap(({ type, id }) => (type === 'tool_use' ? [asString(id) ?? ''] : [])))
    }
    return { ...turn, blocks: turn.blocks.map((block) => named(block, open, taken)) }
  })
}

/** The calls of a turn that came with one id. Clients may send very many: neither list is ever copied. */
interface Calls {
  readonly ids: string[]
  answered: number
  /** The number that the next one is tried with. */
  next: number
}

function named(block: JsonObject, open: Map<string, Calls>, taken: Set<string>): JsonObject {
  if (block.type === 'tool_use') {
    const id = asString(block.id) ?? ''
    const own = begin(id, open, taken)
    return own === id ? block : { ...block, id: own }
  }
  if (block.type !== 'tool_result') return block
  const id = asString(block.tool_use_id) ?? ''
  const calls = open.get(id)
  const own = calls ? (calls.ids[calls.answered++] ?? `${id}_again`) : id
  return own === id ? block : { ...block, tool_use_id: own }
}

function begin(id: string, open: Map<string, Calls>, taken: Set<string>): string {
  const calls = open.get(id)
  if (!calls) {
    open.set(id, { ids: [id], answered: 0, next: 2 })
    return id
  }
  while (taken.has(`${id}_${calls.next}`)) calls.next++
  const own = `${id}_${calls.next}`
  taken.add(own)
  calls.ids.push(own)
  return own
}
