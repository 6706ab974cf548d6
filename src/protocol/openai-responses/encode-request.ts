import { asString, isObject, omit, type Json, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest, OutputFormat } from '../../canonical/request.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'
import { carriedTo } from '../openai/carried.ts'
import { takesEffort } from '../openai/model-names.ts'
import { dropWishes } from '../wishes.ts'
import { LOGPROBS } from './logprobs-option.ts'
import { encodeReasoning as encodeChatReasoning } from '../openai/reasoning.ts'
import { strictFor } from '../openai/strict.ts'
import type { Encoded, Target } from '../protocol.ts'
import { encodeInput } from './encode-input.ts'
import { encodeTools } from './encode-tools.ts'
import { createEncoding, isChatCustom, type Encoding } from './encoding.ts'
import { formOf, ID, withRest } from './residue.ts'
import { createTurnIds } from '../turn-ids.ts'

/** A request as `POST /responses`. Nothing is stored there: the conversation comes whole each time. */
export function encodeRequest(request: ModelRequest, target: Target): Encoded {
  const encoding = createEncoding(request, target)
  const { losses, ours, names } = encoding
  const { fields, left } = carriedTo(ID, request.native)
  losses.residue(left, '')
  const own: JsonObject = {
    model: target.model,
    ...encodeInput(request, encoding),
    ...encodeTools(request, encoding),
    ...encodeLimit(request, encoding),
    ...encodeSampling(request, encoding),
    ...encodeReasoning(request, encoding),
    ...encodeText(request, encoding, fields.text),
    ...encodeStreaming(request),
    ...(request.logprobs?.top !== undefined && { top_logprobs: request.logprobs.top }),
    ...(!ours && encodeState(request, target)),
    ...omit(fields, new Set(['text'])),
  }
  const { text: _text, ...rest } = restFor(request.native, ID) ?? {}
  const body = { ...own, ...withRest({}, { ...(request.native && { native: { ...request.native, rest } }) }) }
  for (const field of target.traits.refusedFields ?? []) {
    if (body[field] === undefined) continue
    delete body[field]
    losses.drop(field, `${target.provider} refuses the field`)
  }
  return {
    wire: {
      path: formOf(request).operation === 'compact' ? '/responses/compact' : '/responses',
      query: '',
      headers: {},
      body,
    },
    dropped: losses.list,
    context: {
      provider: target.provider,
      model: target.model,
      ...(names.renamed.size > 0 && { toolNames: names.renamed }),
      customTools: customTools(request, ours),
      id: createTurnIds(request),
    },
  }
}

/** The free-form tools by their names on the wire. */
function customTools({ tools }: ModelRequest, ours: boolean): ReadonlySet<string> {
  const told = tools.filter((tool) => (ours ? formOf(tool).custom !== undefined : isChatCustom(tool)))
  return new Set(told.map((tool) => asString(formOf(tool).name) ?? tool.name))
}

function encodeLimit(request: ModelRequest, { target, losses }: Encoding): JsonObject {
  const wish = request.maxOutputTokens
  if (wish === undefined) return {}
  const most = target.traits.maxOutputTokens
  if (most === undefined || wish <= most) return { max_output_tokens: wish }
  losses.drop('max_tokens', `${target.model} can give ${most} tokens at most`)
  return { max_output_tokens: most }
}

const MAX_USER_LENGTH = 64

function encodeSampling(request: ModelRequest, { ours, losses }: Encoding): JsonObject {
  const { temperature, topP, topK, stopSequences, userId } = request
  if (topK !== undefined) losses.drop('top_k', 'the Responses API has no field for it')
  if (stopSequences) losses.drop('stop_sequences', 'the Responses API has no field for it')
  dropWishes(request, ['presencePenalty', 'frequencyPenalty', 'seed'], 'the Responses API', losses.drop)
  // Claude Code's is a JSON text about the device and the account: not for strangers.
  const namesUser = userId !== undefined && (ours || userId.length <= MAX_USER_LENGTH)
  if (userId !== undefined && !namesUser) losses.drop('metadata.user_id', `longer than ${MAX_USER_LENGTH} characters`)
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(namesUser && { user: userId }),
  }
}

function encodeReasoning(request: ModelRequest, { target, ours, losses }: Encoding): JsonObject {
  const { reasoning } = request
  if (ours && reasoning?.effort !== undefined && !target.traits.efforts && target.traits.reasoningRequest !== 'none')
    return { reasoning: withRest({ effort: reasoning.effort }, reasoning) }
  // The efforts of OpenAI's models are the same in both of its protocols.
  const style = target.traits.reasoningRequest === 'none' ? 'none' : 'effort'
  const inChat: Target = { ...target, traits: { ...target.traits, reasoningRequest: style } }
  const { reasoning_effort: effort } = encodeChatReasoning(request, inChat, false, losses)
  if (effort === undefined) return {}
  if (ours && reasoning) return { reasoning: withRest({ effort }, reasoning) }
  return { reasoning: effort === 'none' ? { effort } : { effort, summary: 'auto' } }
}

function encodeText(request: ModelRequest, encoding: Encoding, carried: Json | undefined): JsonObject {
  const { text: written } = formOf(request)
  const rest = restFor(request.native, ID)?.text
  const { outputFormat } = request
  if (outputFormat?.type === 'json-schema') encoding.losses.residue(outputFormat.native, 'output_config.format')
  const text: JsonObject = {
    ...(isObject(written) && written),
    ...(isObject(rest) && rest),
    ...(isObject(carried) && carried),
    ...(outputFormat && { format: encodeFormat(outputFormat, encoding) }),
  }
  if (Object.keys(text).length > 0 || isObject(written)) return { text }
  return rest === undefined ? {} : { text: rest }
}

function encodeFormat(format: OutputFormat, { ours, losses }: Encoding): JsonObject {
  if (format.type === 'json') return { type: 'json_object' }
  const { name, schema } = format
  const strict = ours ? format.strict : strictFor(format.strict, schema, losses, 'output_config.format')
  return withRest({ type: 'json_schema', name: name ?? 'output', schema, strict }, format)
}

function encodeStreaming(request: ModelRequest): JsonObject {
  if (request.stream) return { stream: true }
  return formOf(request).stream === 'false' ? { stream: false } : {}
}

// Models that do not reason refuse to be asked for encrypted reasoning.
function encodeState({ userId, logprobs }: ModelRequest, target: Target): JsonObject {
  const include = [
    ...(takesEffort(target.model) ? ['reasoning.encrypted_content'] : []),
    ...(logprobs ? [LOGPROBS] : []),
  ]
  return {
    store: false,
    ...(include.length > 0 && { include }),
    ...(userId !== undefined && { prompt_cache_key: `ccr-${fingerprint(userId)}` }),
  }
}
