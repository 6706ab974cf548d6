import type { DialectMaker } from '../dialect.ts'
import { splitFrames, splitReply } from './split-thoughts.ts'

/** `extrathinktag`: models that write what they think as `<think>…</think>` into their answer (OpenAI Chat). */
export const extrathinktag: DialectMaker = () => ({
  frames: () => splitFrames('think'),
  reply: (body) => splitReply(body, 'think'),
  // Their templates leave earlier thoughts out of the conversation themselves.
  traits: () => ({ reasoningReplay: 'none' }),
})
