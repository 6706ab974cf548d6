import type { JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import type { ProtocolId } from '../../canonical/native.ts'
import type { DialectMaker } from '../dialect.ts'
import { capOutput, editBody, numberOption, setFields, settingsOf } from './body.ts'

/** `sampling {max_tokens, temperature, top_p, top_k, repetition_penalty}`: the limit is a cap, the others replace the client's. */
export const sampling: DialectMaker = (options) => {
  const limit = numberOption(options['max_tokens'])
  return {
    request: editBody((body, protocol) => {
      const capped = limit === undefined ? body : capOutput(body, protocol, limit)
      const wanted = settings(options, protocol)
      const holder = settingsOf[protocol]
      if (holder === undefined) return setFields(capped, wanted)
      const own = capped[holder]
      const config = isObject(own) ? own : {}
      const edited = setFields(config, wanted)
      return edited === config ? capped : { ...capped, [holder]: edited }
    }),
    ...(limit === undefined ? {} : { traits: () => ({ maxOutputTokens: limit }) }),
  }
}

/** Each protocol's names of the options; one that it does not have would be refused. */
const names: Readonly<Record<ProtocolId, Readonly<Record<string, string>>>> = {
  'anthropic-messages': { temperature: 'temperature', top_p: 'top_p', top_k: 'top_k' },
  'openai-chat': {
    temperature: 'temperature',
    top_p: 'top_p',
    top_k: 'top_k',
    repetition_penalty: 'repetition_penalty',
  },
  'openai-responses': { temperature: 'temperature', top_p: 'top_p' },
  gemini: { temperature: 'temperature', top_p: 'topP', top_k: 'topK' },
  'bedrock-converse': { temperature: 'temperature', top_p: 'topP' },
}

function settings(options: Readonly<Record<string, unknown>>, protocol: ProtocolId): JsonObject {
  const pairs = Object.entries(names[protocol]).map(([option, name]) => [name, numberOption(options[option])] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}
