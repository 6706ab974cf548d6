import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import { pairIds } from './pair-ids.ts'

/** A message on the wire with its content as blocks. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly blocks: JsonObject[]
  readonly rest?: JsonObject
  /** The content is to be spelt as a string. */
  readonly asString?: boolean
}

/**
 * Turns in the order that Anthropic demands: a user begins, roles alternate, every call is answered in the next user turn, answers
 * come first in it, and none is left that answers nothing.
 */
export function settleTurns(turns: readonly Turn[]): Turn[] {
  return answerCalls(pairIds(withUserFirst(mergeTurns(turns)))).map((turn) =>
    turn.role === 'user' ? { ...turn, blocks: resultsFirst(turn.blocks) } : turn,
  )
}

/** A system message in mid-conversation for providers that know none: part of the user's turn. */
export function foldSystem(turn: Turn): Turn {
  if (turn.role !== 'system') return turn
  const isText = (block: JsonObject): boolean => block.type === 'text'
  const text = turn.blocks.flatMap((block) => (isText(block) ? [block.text ?? ''] : [])).join('\n\n')
  const reminder = { type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` }
  const others = turn.blocks.filter((block) => !isText(block))
  return { role: 'user', blocks: [...(text === '' ? [] : [reminder]), ...others] }
}

/** Whether the last assistant turn calls tools without having thought first, which enabled thinking forbids. */
export function callsWithoutThinking(turns: readonly Turn[]): boolean {
  const last = turns.findLast((turn) => turn.role === 'assistant')
  if (!last?.blocks.some((block) => block.type === 'tool_use')) return false
  const first = last.blocks[0]?.type
  return first !== 'thinking' && first !== 'redacted_thinking'
}

function withUserFirst(turns: Turn[]): Turn[] {
  const first = turns.find(({ role }) => role !== 'system')
  return first?.role === 'assistant' ? [{ role: 'user', blocks: [{ type: 'text', text: BEGINNING }] }, ...turns] : turns
}

const BEGINNING = '(earlier messages are left out)'

function mergeTurns(turns: readonly Turn[]): Turn[] {
  const merged: Turn[] = []
  for (const turn of turns) {
    const last = merged.at(-1)
    if (last?.role === turn.role && turn.role !== 'system') last.blocks.push(...turn.blocks)
    else merged.push({ ...turn, blocks: [...turn.blocks] })
  }
  return merged
}

function answerCalls(turns: readonly Turn[]): Turn[] {
  const settled: Turn[] = []
  let open: string[] = []
  const close = (): void => {
    if (open.length > 0) settled.push({ role: 'user', blocks: open.map(missingResult) })
    open = []
  }
  for (const turn of turns) {
    if (turn.role === 'user') {
      const asked = new Set(open)
      const blocks = turn.blocks.flatMap((block) => (isStrayResult(block, asked) ? asPlainBlocks(block) : [block]))
      const answered = new Set(blocks.map((block) => block.tool_use_id))
      const missing = open.filter((id) => !answered.has(id)).map(missingResult)
      settled.push({ ...turn, blocks: [...missing, ...blocks] })
      open = []
      continue
    }
    if (turn.role === 'assistant') close()
    settled.push(turn)
    if (turn.role === 'assistant') open = callIds(turn.blocks)
  }
  close()
  return settled
}

function callIds(blocks: readonly JsonObject[]): string[] {
  return blocks.flatMap((block) => (block.type === 'tool_use' && typeof block.id === 'string' ? [block.id] : []))
}

function missingResult(id: string): JsonObject {
  return { type: 'tool_result', tool_use_id: id, content: 'No result was recorded for this call.', is_error: true }
}

function isStrayResult(block: JsonObject, asked: ReadonlySet<string>): boolean {
  return block.type === 'tool_result' && !asked.has(asString(block.tool_use_id) ?? '')
}

function asPlainBlocks(block: JsonObject): JsonObject[] {
  const { content } = block
  const blocks = Array.isArray(content) ? content.filter(isObject) : [{ type: 'text', text: content ?? '' }]
  return [
    { type: 'text', text: `Result of tool call ${block.tool_use_id}:` },
    ...blocks.filter((item) => asString(item.text)?.trim() !== ''),
  ]
}

function resultsFirst(blocks: readonly JsonObject[]): JsonObject[] {
  const results = blocks.filter((block) => block.type === 'tool_result')
  return results.length === 0 ? [...blocks] : [...results, ...blocks.filter((block) => block.type !== 'tool_result')]
}
