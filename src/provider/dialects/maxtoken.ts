import type { DialectMaker } from '../dialect.ts'
import { capOutput, editBody, numberOption } from './body.ts'

/** `maxtoken {max_tokens}`: no more output than that is asked for. */
export const maxtoken: DialectMaker = (options) => {
  const limit = numberOption(options['max_tokens'])
  if (limit === undefined) return {}
  return {
    request: editBody((body, protocol) => capOutput(body, protocol, limit)),
    traits: () => ({ maxOutputTokens: limit }),
  }
}
