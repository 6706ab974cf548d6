import type { Log } from '../platform/ports.ts'
import { createKeptMap } from './kept-map.ts'
import type { Keeper, ResponseStore } from './response-store.ts'

/** Providers keep a response for some weeks; of a hundred long sessions these are the newest. */
const MOST = 20_000

/** Keeps the newest ids in memory and, if there is a `file`, also after a restart. */
export function createResponseStore(file?: string, log?: Log): ResponseStore {
  return createKeptMap<Keeper>({
    file,
    log,
    what: 'which provider made which response',
    isShared: true,
    most: MOST,
    encode: ({ provider, model, key }) => [provider, model, ...(key === undefined ? [] : [key])],
    decode: ([provider, model, key]) =>
      provider === undefined || model === undefined
        ? undefined
        : { provider, model, ...(key !== undefined && { key }) },
  })
}
