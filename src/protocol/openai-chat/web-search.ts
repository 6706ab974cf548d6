import { isObject, omit } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import { foundIn, sizeOf } from '../search-words.ts'
import { countryIn, unheard, type SearchCodec } from '../search-codec.ts'

/** Searches as Chat Completions has them: an option of the request, and citations beside the answer. */
export const searchCodec: SearchCodec = {
  isRecalled: false,
  idPrefix: 'ws_',
  take(request) {
    const rest = restFor(request.native, 'openai-chat')
    const options = rest?.web_search_options
    if (!request.native || !rest || !isObject(options)) return undefined
    const { user_location: place, search_context_size } = options
    const approximate = isObject(place) ? place.approximate : undefined
    const size = sizeOf(search_context_size)
    const native = { ...request.native, rest: omit(rest, OPTION) }
    return {
      wish: {
        allowedDomains: [],
        blockedDomains: [],
        ...countryIn(approximate, PLACE),
        ...(size && { size }),
        isForced: false,
      },
      request: { ...request, native },
      lost: [
        ...unheard(options, 'web_search_options', ['user_location', 'search_context_size']),
        ...unheard(approximate, PLACE, ['country']),
      ],
    }
  },
  begun: () => [],
  ended: () => [],
  finish: (event, made) => ({ ...event, ...foundIn(made) }),
  recall: () => undefined,
}

const PLACE = 'web_search_options.user_location.approximate'
const OPTION: ReadonlySet<string> = new Set(['web_search_options'])
