import type { DialectMaker } from '../dialect.ts'
import { editBody, setFields } from './body.ts'

/** `cerebras`: it refuses a `reasoning` object; its reasoning models know `reasoning_effort`. */
export const cerebras: DialectMaker = () => ({
  request: editBody((body, protocol) =>
    protocol === 'openai-chat' ? setFields(body, { reasoning: undefined }) : body,
  ),
  traits: (model) => {
    const efforts = Object.entries(effortsByModel).find(([part]) => model.toLowerCase().includes(part))?.[1]
    return {
      cacheControl: false,
      reasoningReplay: 'none',
      ...(efforts ? { reasoningRequest: 'effort', efforts } : { reasoningRequest: 'none' }),
    }
  },
})

const effortsByModel: Readonly<Record<string, readonly string[]>> = {
  'gpt-oss': ['low', 'medium', 'high'],
  glm: ['none', 'low', 'medium', 'high'],
  qwen: ['none', 'low', 'medium', 'high'],
}
