import { ModelError } from '../../canonical/error.ts'
import type { ModelEvent } from '../../canonical/event.ts'
import { restFor } from '../../canonical/native.ts'
import type { Part } from '../../canonical/request.ts'
import { mergeUsage, type Usage } from '../../canonical/usage.ts'
import type { EncodeContext, Frame, Step } from '../protocol.ts'
import { packSummary, wantsCompaction, withoutSummary } from './compaction.ts'
import { encodeFailure } from './error.ts'
import { encodeFinish, noteSent, type Sent } from './finish.ts'
import { createFrames } from './frames.ts'
import { createPartWriter, sealMessage, writeItem, type PartWriter, type Writing } from './part-writers.ts'
import { formOf, ID } from './residue.ts'
import { searchItem } from './sources.ts'
import { encodeUsage } from './usage.ts'
import { createItemWriter } from './write-item.ts'

/** Events → a response's events: items side by side as they come, and the whole response at the end. */
export function encodeStream(context: EncodeContext): Step<ModelEvent, Frame> {
  const frames = createFrames(context)
  const writing: Writing = { frames, items: createItemWriter(context), message: undefined }
  const open = new Map<number, PartWriter>()
  const sent: Sent = { calls: false, refusal: false }
  const compacts = wantsCompaction(context.requestNative)
  let summary = ''
  /** The provider has made the item itself. */
  let hasOwn = false
  let usage: Usage | undefined
  let over = false

  const startPart = (index: number, part: Part): void => {
    if (compacts && part.type !== 'native') return
    if (compacts) hasOwn = true
    if (formOf(part).continued !== true) sealMessage(writing)
    open.set(index, createPartWriter(part, writing))
  }
  const endPart = (index: number, part: Part): void => {
    if (compacts && part.type === 'text') summary += part.text
    if (!compacts) noteSent(sent, part)
    open.get(index)?.end(part)
    open.delete(index)
  }
  const fail = (error: ModelError): void => {
    over = true
    frames.end('response.failed', { status: 'failed', error: encodeFailure(error), usage: null })
  }
  const finish = (event: Extract<ModelEvent, { type: 'finish' }>): void => {
    sealMessage(writing)
    if (compacts && !hasOwn && summary.trim() === '') return fail(withoutSummary())
    if (compacts && !hasOwn) writeItem(packSummary(summary, context.id('cmp_')), frames)
    over = true
    const end = encodeFinish(event.reason, sent)
    const rest = restFor(event.native, ID)
    if (event.search && !rest && !compacts) writeItem(searchItem(event.search, context.id('ws_')), frames)
    frames.end(`response.${end.status}`, { ...rest, ...end, usage: usage ? encodeUsage(usage) : null })
  }
  const write = (event: ModelEvent): void => {
    switch (event.type) {
      case 'start':
        return frames.start(event.id, event.model, restFor(event.native, ID))
      case 'part-start':
        return startPart(event.index, event.part)
      case 'part-delta':
        return open.get(event.index)?.add(event.text, event.logprobs)
      case 'part-end':
        return endPart(event.index, event.part)
      case 'usage':
        usage = mergeUsage(usage, event.usage)
        return
      case 'finish':
        return finish(event)
      case 'error':
        return fail(event.error)
      case 'native':
        return
    }
  }
  return {
    push(event) {
      if (over) return []
      write(event)
      return frames.take()
    },
    end() {
      if (over) return []
      fail(new ModelError('The answer broke off before its end', { kind: 'cut-stream' }))
      return frames.take()
    },
  }
}
