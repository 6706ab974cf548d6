import { ModelError } from '../canonical/error.ts'
import type { ModelEvent } from '../canonical/event.ts'
import type { ModelReply } from '../canonical/reply.ts'
import type { Call } from './call.ts'
import type { Respondent } from './source.ts'

/** Gives the error that an answer without a word is, `told` if its protocol has one; nothing where it may be meant. */
export type Silence = (told?: ModelError) => ModelError | undefined

/**
 * A model that ends its turn without a word is asked once more and then elsewhere. If nobody says more, `mayBeMeant` tells
 * whether it ends so for the client, too. After a stop sequence that came first there is nothing, either.
 */
export function silenceOf(
  { request, isAskedAnew = false, isFinal }: Call,
  { provider, model }: Respondent,
  mayBeMeant: boolean,
): Silence {
  return (told) => {
    if (request.stopSequences?.length) return undefined
    if (told) return told
    const error = new ModelError(`${provider} (${model}) answered nothing`, { kind: 'empty-answer', provider, model })
    return mayBeMeant && isAskedAnew && (isFinal?.(error) ?? true) ? undefined : error
  }
}

/** Whether the first of an answer that is more than an announcement is its end. */
export function isSilent(first: ModelEvent | undefined): boolean {
  return first?.type === 'finish' && first.reason.kind === 'stop'
}

/** Whether a whole reply says nothing. */
export function isSilentReply({ parts, finish }: ModelReply): boolean {
  return parts.length === 0 && finish.kind === 'stop'
}
