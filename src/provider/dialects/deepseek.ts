import type { Traits } from '../../protocol/protocol.ts'
import type { DialectMaker } from '../dialect.ts'
import { capOutput } from './body.ts'
import { withBody } from './body.ts'

/** `deepseek`: the output limits of its models, and how they are told to think (api-docs.deepseek.com/guides/thinking_mode). */
export const deepseek: DialectMaker = () => ({
  request: (wire, { protocol, model }) => {
    const limit = outputLimit(model)
    return limit === undefined ? wire : withBody(wire, capOutput(wire.body, protocol, limit))
  },
  traits: (model) => {
    const limit = outputLimit(model)
    return {
      ...thinking(model),
      reasoningReplay: 'reasoning_content',
      ...(limit === undefined ? {} : { maxOutputTokens: limit }),
    }
  },
})

const fourthGeneration = /deepseek-(v([4-9]|\d\d)|flash|pro)/i

/** The older models refuse more than this. */
function outputLimit(model: string): number | undefined {
  if (fourthGeneration.test(model)) return undefined
  return /reasoner/i.test(model) ? 65_536 : 8192
}

/** The name of an older model says whether it thinks. */
function thinking(model: string): Traits {
  return fourthGeneration.test(model)
    ? { reasoningRequest: 'thinking', efforts: ['low', 'high', 'max'] }
    : { reasoningRequest: 'none' }
}
