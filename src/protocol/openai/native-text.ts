import { asString, isObject } from '../../canonical/json.ts'
import type { NativePart } from '../../canonical/request.ts'

/** What a block of another protocol says in words; `undefined` if it says nothing that a model could read. */
export function nativeText(part: NativePart): string | undefined {
  const block = part.native.rest
  switch (block.type) {
    case 'tool_reference':
      return `Tool ${asString(block.tool_name) ?? asString(block.name) ?? ''} is available now.`
    case 'search_result': {
      const texts = Array.isArray(block.content) ? block.content : []
      const body = texts.map((item) => (isObject(item) ? (asString(item.text) ?? '') : '')).join('\n')
      return [asString(block.title), asString(block.source), body].filter(Boolean).join('\n')
    }
  }
  return undefined
}
