import { formatGap } from '../openai/format-gap.ts'
import { openaiEmbeddings } from '../openai/embeddings.ts'
import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream, isNotable } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { compaction } from './compaction.ts'
import { untranslatable } from './foreign-state.ts'
import { count, encodeCount } from './count.ts'
import { stateOf } from './state.ts'
import { ID } from './residue.ts'

/** OpenAI's Responses API, https://platform.openai.com/docs/api-reference/responses. */
export const openaiResponses: Protocol = {
  id: ID,
  decodeRequest,
  encodeRequest,
  decodeStream,
  encodeStream,
  decodeReply,
  encodeReply,
  decodeError,
  encodeError,
  embeddings: openaiEmbeddings,
  count,
  encodeCount,
  stateOf,
  compaction,
  isNotable,
  dullEvents: /event: response\.[a-z_.]+\.delta\n/y,
  untranslatable,
  formatGap,
}
