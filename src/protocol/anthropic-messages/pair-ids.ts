import { asString, type JsonObject } from '../../canonical/json.ts'
import type { Turn } from './turns.ts'

/**
 * Turns in which each call has an id of its own, which only a call of another turn may have as well, and at most one
 * result: where a client uses an id twice in one turn, the results belong to the calls in their order. What is left over
 * answers nothing.
 */
export function pairIds(turns: readonly Turn[]): Turn[] {
  let open = new Map<string, string[]>()
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

function named(block: JsonObject, open: Map<string, string[]>, taken: Set<string>): JsonObject {
  if (block.type === 'tool_use') {
    const id = asString(block.id) ?? ''
    const before = open.get(id) ?? []
    let own = id
    for (let count = 2; before.length > 0 && taken.has(own); count++) own = `${id}_${count}`
    taken.add(own)
    open.set(id, [...before, own])
    return own === id ? block : { ...block, id: own }
  }
  if (block.type !== 'tool_result') return block
  const id = asString(block.tool_use_id) ?? ''
  const [own = `${id}_again`, ...left] = open.get(id) ?? [id]
  open.set(id, left)
  return own === id ? block : { ...block, tool_use_id: own }
}
