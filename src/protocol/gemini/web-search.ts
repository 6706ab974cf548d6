import { isObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import { textsIn, unheard, withoutSearchTool, type SearchCodec } from '../search-codec.ts'
import { foundIn } from '../search-words.ts'
import { ID } from './residue.ts'

/** Searches as Google tells of them: what they found stands beside the answer. */
export const searchCodec: SearchCodec = {
  isRecalled: false,
  idPrefix: 'ws_',
  take(request) {
    const tool = request.tools.find((each) => each.type === 'server' && each.kind === 'web-search')
    if (!tool) return undefined
    const rest = restFor(tool.native, ID) ?? {}
    const { googleSearch } = rest
    const blockedDomains = isObject(googleSearch) ? textsIn(googleSearch.excludeDomains) : []
    return {
      wish: { allowedDomains: [], blockedDomains, isForced: false },
      request: withoutSearchTool(request).request,
      lost: Object.keys(rest).flatMap((key) => unheard(rest[key], `tools.${key}`, ['excludeDomains'])),
    }
  },
  begun: () => [],
  ended: () => [],
  // What Google itself has said of the end holds no word of these searches.
  finish: ({ native: _native, ...event }, made) => ({ ...event, ...foundIn(made) }),
  recall: () => undefined,
}
