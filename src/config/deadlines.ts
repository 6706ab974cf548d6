import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Deadlines } from '../provider/provider.ts'
import { toNumber } from './scalar.ts'

/** How long a connection may take to stand if nothing else is said, in milliseconds. */
const CONNECT_MS = 15_000

/** The deadlines that `timeouts` of a provider sets; 0 is none. `silenceMs` stands for those of silence that it leaves out. */
export function readDeadlines(timeouts: Json | undefined, silenceMs: number): Deadlines {
  const written = isObject(timeouts) ? timeouts : {}
  const values = {
    connectMs: toNumber(written['connect']) ?? CONNECT_MS,
    firstByteMs: toNumber(written['firstByte']) ?? silenceMs,
    idleMs: toNumber(written['idle']) ?? silenceMs,
    totalMs: toNumber(written['total']) ?? 0,
  }
  return Object.fromEntries(Object.entries(values).filter(([, ms]) => ms > 0))
}
