import type { ProtocolId } from '../canonical/native.ts'
import { searchCodec as anthropic } from './anthropic-messages/web-search.ts'
import { searchCodec as gemini } from './gemini/web-search.ts'
import { searchCodec as chat } from './openai-chat/web-search.ts'
import { searchCodec as responses } from './openai-responses/web-search.ts'
import type { SearchCodec } from './search-codec.ts'

/** How clients of each protocol search the web. Apart from the protocols, for who has it set up. */
export const searchCodecs: Readonly<Partial<Record<ProtocolId, SearchCodec>>> = {
  'anthropic-messages': anthropic,
  'openai-chat': chat,
  'openai-responses': responses,
  gemini,
}
