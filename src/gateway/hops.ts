import { ModelError } from '../canonical/error.ts'
import type { Respondent } from './source.ts'

/** Routers in a row that are no circle yet: one on the machine, one of the team, one in front of the models. */
const MOST_HOPS = 4

const NAME = 'x-ccr-hop'

/** How many routers a client's request has come through. */
export function hopsOf(headers: Readonly<Record<string, string>>): number {
  const told = headers[NAME]
  if (told === undefined) return 0
  const hops = Number(told)
  return Number.isInteger(hops) && hops > 0 ? hops : 0
}

/**
 * The header that tells a further router how many there were before it. Throws where calls go in circles. It does not go
 * where no router of the user's can be, to a public vendor at the ordinary port: that is nobody's business there.
 */
export function hopHeader(url: URL, hops: number, who: Respondent): Record<string, string> {
  if (hops >= MOST_HOPS) {
    throw new ModelError(
      `${who.provider} (${who.model}) was not called: the call came through ${hops} routers already. Calls go in circles: does an api_base_url lead back to a router on the way?`,
      { kind: 'bad-request', status: 508, ...who },
    )
  }
  return url.protocol === 'https:' && url.port === '' ? {} : { [NAME]: String(hops + 1) }
}
