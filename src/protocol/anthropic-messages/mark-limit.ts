import { isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Encoding } from './encoding.ts'

/** Anthropic refuses more. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const MOST_MARKS = 4

/** Leaves the last four places to cache up to: the prompt before them is cached along. */
export function limitMarks({ tools, system, messages }: JsonObject, { ours, drop }: Encoding): void {
  if (ours) return
  const marked: JsonObject[] = []
  for (const part of [tools, system, messages]) collectMarked(part, marked)
  for (const node of marked.slice(0, -MOST_MARKS)) delete node.cache_control
  if (marked.length > MOST_MARKS)
    drop('cache_control', `of ${marked.length} marks Anthropic takes the last ${MOST_MARKS}`)
}

/** Blocks and tools with a mark, in the order of the prompt. What stands in arguments and schemas is no mark. */
function collectMarked(node: Json | undefined, marked: JsonObject[]): void {
  if (Array.isArray(node)) return node.forEach((item) => collectMarked(item, marked))
  if (!isObject(node)) return
  collectMarked(node.content, marked)
  if (node.cache_control !== undefined) marked.push(node)
}
