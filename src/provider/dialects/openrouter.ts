import type { JsonObject } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { setFields, withBody } from './body.ts'
import { withoutCacheMarks } from './cache-marks.ts'

/**
 * `openrouter {…}`, `vercel {…}`: a gateway to many vendors. The options become fields of the body (`provider: {only: […]}`);
 * cache marks go only to models that know them.
 */
export const openrouter: DialectMaker = (options) => ({
  request: (wire, { model }) => {
    const body = knowsCacheMarks(model) ? wire.body : withoutCacheMarks(wire.body)
    return withBody(wire, setFields(body, options as JsonObject))
  },
  traits: (model) => ({
    reasoningRequest: 'openrouter',
    reasoningReplay: 'reasoning',
    cacheControl: knowsCacheMarks(model),
  }),
})

function knowsCacheMarks(model: string): boolean {
  return /claude/i.test(model)
}
