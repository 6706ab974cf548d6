import type { ReasoningPart } from '../../canonical/request.ts'

/**
 * Stands in for the signature that Chat's reasoning lacks: it tells in which field the reasoning came, as it must go
 * back in the same one. So it survives a client that speaks another protocol.
 */
export function fieldMark(form: string | undefined): string {
  return MARK + (form ?? 'reasoning_content')
}

/** The field of a message that a part's mark names; `none` if that vendor takes none back, `undefined` without a mark. */
export function markedField(part: ReasoningPart): string | undefined {
  if (!part.signature?.startsWith(MARK)) return undefined
  return FIELDS.get(part.signature.slice(MARK.length)) ?? 'none'
}

const MARK = 'field:'

const FIELDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    reasoning_content: 'reasoning_content',
    reasoning: 'reasoning',
    reasoning_details: 'reasoning',
    reasoning_text: 'reasoning_text',
  } satisfies Record<string, string>),
)
