import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeStream } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeReply, encodeReply } from './reply.ts'
import { ID } from './residue.ts'

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
  // Whether an answer is empty is known only from all of its chunks, and these are few.
  isNotable: () => true,
}
