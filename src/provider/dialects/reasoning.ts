import type { JsonObject } from '../../canonical/json.ts'
import { asNumber, isObject } from '../../canonical/json.ts'
import type { ProtocolId } from '../../canonical/native.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody, setFields } from './body.ts'

/**
 * `reasoning {enable}`: hosts that switch reasoning by `thinking: {type}` or `enable_thinking` (which of the two, differs, so
 * both are sent) and give it back as `reasoning_content`. With `enable: false` it is switched off.
 */
export const reasoning: DialectMaker = (options) => {
  const enabled = options['enable'] !== false && options['enable'] !== 'false'
  return {
    request: editBody((body, protocol) => (enabled ? switchedOn(body, protocol) : (off[protocol]?.(body) ?? body))),
    traits: () => ({ reasoningRequest: enabled ? 'thinking' : 'none', reasoningReplay: 'reasoning_content' }),
  }
}

function switchedOn(body: JsonObject, protocol: ProtocolId): JsonObject {
  if (protocol !== 'openai-chat') return body
  const wish = wishOf(body)
  if (wish === undefined) return body
  if (!wish) return off['openai-chat'](body)
  const own = body['thinking']
  const budget = isObject(body['reasoning']) ? asNumber(body['reasoning']['max_tokens']) : undefined
  const thinking = isObject(own) ? own : { type: 'enabled', ...(budget === undefined ? {} : { budget_tokens: budget }) }
  return setFields(body, { thinking, enable_thinking: true, reasoning: undefined })
}

/** Whether the client wants reasoning, in any of the ways to say so; `undefined` if it says nothing. */
function wishOf(body: JsonObject): boolean | undefined {
  const { thinking, reasoning: object, reasoning_effort: effort, enable_thinking: flag } = body
  if (isObject(thinking)) return thinking['type'] !== 'disabled'
  if (typeof flag === 'boolean') return flag
  if (isObject(object)) return object['enabled'] !== false && object['effort'] !== 'none'
  return typeof effort === 'string' ? effort !== 'none' : undefined
}

const off: Readonly<Record<ProtocolId, (body: JsonObject) => JsonObject>> = {
  'anthropic-messages': (body) => ({ ...body, thinking: { type: 'disabled' } }),
  'openai-chat': (body) =>
    setFields(body, {
      thinking: { type: 'disabled' },
      enable_thinking: false,
      reasoning: undefined,
      reasoning_effort: undefined,
    }),
  'openai-responses': (body) => setFields(body, { reasoning: undefined }),
  gemini: (body) => {
    const own = body['generationConfig']
    return { ...body, generationConfig: { ...(isObject(own) ? own : {}), thinkingConfig: { thinkingBudget: 0 } } }
  },
  // Nothing thinks there that is not told to.
  'bedrock-converse': ({ additionalModelRequestFields: fields, ...body }) => {
    const { thinking: _, ...others } = isObject(fields) ? fields : {}
    return Object.keys(others).length > 0 ? { ...body, additionalModelRequestFields: others } : body
  },
}
