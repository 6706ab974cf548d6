import { formatGap } from '../openai/format-gap.ts'
import { openaiEmbeddings } from '../openai/embeddings.ts'
import type { Protocol } from '../protocol.ts'
import { decodeError, encodeError } from '../openai/error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request.ts'
import { encodeStream } from './stream-encode.ts'
import { decodeStream, isNotable } from './stream.ts'
import { untranslatable } from './untranslatable.ts'

/** OpenAI Chat Completions, and what the many compatible vendors make of it. */
export const openaiChat: Protocol = {
  id: 'openai-chat',
  decodeRequest,
  encodeRequest,
  decodeStream,
  encodeStream,
  decodeReply,
  encodeReply,
  decodeError,
  encodeError,
  embeddings: openaiEmbeddings,
  isNotable,
  forgetsProofs: true,
  untranslatable,
  formatGap,
}
