import type { ModelRequest } from '../canonical/request.ts'

/** What a client may wish of an answer that only some protocols have a field for. */
export type Wish = keyof typeof WISHES

/** Lists each of `wishes` that `request` has: `who` has no field for it. */
export function dropWishes(
  request: ModelRequest,
  wishes: readonly Wish[],
  who: string,
  drop: (path: string, why: string) => void,
): void {
  for (const wish of wishes) if (request[wish] !== undefined) drop(WISHES[wish], `${who} has no field for it`)
}

/** All of them. */
export const ALL_WISHES: readonly Wish[] = ['presencePenalty', 'frequencyPenalty', 'seed', 'logprobs']

const WISHES = {
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  seed: 'seed',
  logprobs: 'logprobs',
} as const satisfies Partial<Record<keyof ModelRequest, string>>
