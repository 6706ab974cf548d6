import { asNumber, isObject } from '../../canonical/json.ts'
import type { Protocol } from '../protocol.ts'
import { isUnfit } from './contents.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { geminiEmbeddings } from './embeddings.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { formatGap } from './format-gap.ts'
import { pathOf, readPath } from './path.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { ID } from './residue.ts'
import { untranslatable } from './untranslatable.ts'

/** Google's `generateContent`, streamed and whole. https://ai.google.dev/api/generate-content */
export const gemini: Protocol = {
  id: ID,
  decodeRequest,
  encodeRequest,
  decodeStream,
  encodeStream,
  decodeReply,
  encodeReply,
  decodeError,
  encodeError,
  count: {
    encodeRequest: (wire, model) => ({
      ...wire,
      path: pathOf(model, 'countTokens'),
      query: '',
      body: { generateContentRequest: { model: `models/${model}`, ...wire.body } },
    }),
    decodeReply: (body) => (isObject(body) ? asNumber(body['totalTokens']) : undefined),
  },
  forgetsProofs: true,
  formatGap,
  isUnfit,
  untranslatable,
  embeddings: geminiEmbeddings,
  encodeCount: (totalTokens) => ({ totalTokens }),
  relayPath: (path, model) => pathOf(model, readPath(path)?.action ?? ''),
  // Google's SDKs for Go and Python fail at a comment, that for Go at an empty line, their chats at a chunk without a
  // candidate; an empty text they know from Google itself.
  ping: { data: JSON.stringify({ candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, index: 0 }] }) },
  // Whether an answer is empty is known only from all of its chunks, and these are few.
  isNotable: () => true,
}
