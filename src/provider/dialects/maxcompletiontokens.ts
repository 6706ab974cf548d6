import { omit } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody } from './body.ts'

/** `maxcompletiontokens`: the output limit is called `max_completion_tokens`. */
export const maxcompletiontokens: DialectMaker = () => ({
  request: editBody((body, protocol) => {
    if (protocol !== 'openai-chat' || body['max_tokens'] === undefined) return body
    return { ...omit(body, oldName), max_completion_tokens: body['max_completion_tokens'] ?? body['max_tokens'] }
  }),
  traits: () => ({ maxTokensField: 'max_completion_tokens' }),
})

const oldName = new Set(['max_tokens'])
