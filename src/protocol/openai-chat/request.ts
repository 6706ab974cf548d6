import { isObject, type JsonObject } from '../../canonical/json.ts'
import { formFor, restFor } from '../../canonical/native.ts'
import type { ModelRequest, OutputFormat } from '../../canonical/request.ts'
import type { Encoded, Target } from '../protocol.ts'
import { fingerprint } from '../../canonical/fingerprint.ts'
import { createLosses, type Losses } from '../openai/losses.ts'
import { encodeMessages } from './messages.ts'
import { carriedTo } from '../openai/carried.ts'
import { isOpenaiModel, usesMaxCompletionTokens } from '../openai/model-names.ts'
import { createToolNames, wireId } from '../openai/tool-names.ts'
import { pairTools } from '../tool-pairs.ts'
import { encodeReasoning } from '../openai/reasoning.ts'
import { strictFor } from '../openai/strict.ts'
import type { Scope } from './scope.ts'
import { encodeTools } from './tools.ts'
import { encodeWishes } from './wishes.ts'
import { createTurnIds } from '../turn-ids.ts'

/** A request as `POST /chat/completions`. */
export function encodeRequest(request: ModelRequest, target: Target): Encoded {
  const losses = createLosses('openai-chat', 'Chat Completions')
  const own = request.native?.protocol === 'openai-chat'
  const names = createToolNames(request)
  const scope: Scope = {
    target,
    own,
    cacheMarks: own || target.traits.cacheControl === true,
    images: target.traits.images !== false,
    names,
    pairs: pairTools(request.messages, (id) => (own ? id : wireId(id, target.model))),
    losses,
  }
  // Other vendors refuse what only OpenAI's models have.
  const { fields, left } = isOpenaiModel(target.model)
    ? carriedTo('openai-chat', request.native)
    : { fields: {}, left: request.native }
  losses.residue(left, '')
  const body: JsonObject = {
    model: target.model,
    messages: encodeMessages(request, scope),
    ...encodeTools(request, scope),
    ...outputLimit(request, target, losses),
    ...encodeSampling(request, own, losses),
    ...encodeWishes(request),
    ...encodeReasoning(request, target, own, losses),
    ...encodeFormat(request.outputFormat, losses),
    ...encodeStreaming(request, own),
    ...cacheKeyOf(request, target, own),
    ...fields,
    ...quietOf(request),
    ...restFor(request.native, 'openai-chat'),
  }
  for (const field of target.traits.refusedFields ?? []) {
    if (body[field] === undefined) continue
    Reflect.deleteProperty(body, field)
    losses.drop(field, `${target.provider} refuses the field`)
  }
  return {
    wire: { path: '/chat/completions', query: '', headers: {}, body },
    dropped: losses.list,
    context: {
      provider: target.provider,
      model: target.model,
      ...(names.renamed.size > 0 && { toolNames: names.renamed }),
      id: createTurnIds(request),
    },
  }
}

/** Claude Code's name of its user holds the session: only a mark of it is told. */
function cacheKeyOf({ userId }: ModelRequest, { traits }: Target, own: boolean): JsonObject {
  return own || !traits.promptCacheKey || userId === undefined ? {} : { prompt_cache_key: `ccr-${fingerprint(userId)}` }
}

function quietOf(request: ModelRequest): JsonObject {
  const { quiet } = formOf(request)
  return isObject(quiet) ? quiet : {}
}

/** How a Chat client spelt what has several spellings. */
export interface RequestForm {
  readonly maxTokens?: 'max_tokens' | 'max_completion_tokens'
  readonly stop?: 'string'
  readonly stream?: 'false'
  readonly tools?: 'empty'
  /** What is no loss where it cannot be said: what would be so anyway, or is done here. */
  readonly quiet?: JsonObject
  /** Names of its free-form tools. */
  readonly customs?: string[]
}

function formOf(request: ModelRequest): JsonObject {
  const form = formFor(request.native, 'openai-chat')
  return isObject(form) ? form : {}
}

function outputLimit(request: ModelRequest, target: Target, losses: Losses): JsonObject {
  const wish = request.maxOutputTokens
  if (wish === undefined) return {}
  const { maxTokensField, maxOutputTokens } = target.traits
  const form = formOf(request).maxTokens
  const known = usesMaxCompletionTokens(target.model) ? 'max_completion_tokens' : 'max_tokens'
  const field = maxTokensField ?? (typeof form === 'string' ? form : known)
  if (maxOutputTokens === undefined || wish <= maxOutputTokens) return { [field]: wish }
  losses.drop('max_tokens', `${target.model} can give ${maxOutputTokens} tokens at most`)
  return { [field]: maxOutputTokens }
}

const MAX_STOPS = 4
const MAX_USER_LENGTH = 64

function encodeSampling(request: ModelRequest, own: boolean, losses: Losses): JsonObject {
  const { temperature, topP, topK, stopSequences, userId } = request
  if (topK !== undefined && !own) losses.drop('top_k', 'Chat Completions has no field for it')
  const most = own ? Infinity : MAX_STOPS
  stopSequences?.slice(most).forEach((_stop, index) => {
    losses.drop(`stop_sequences[${most + index}]`, 'Chat Completions takes four at most')
  })
  const stops = stopSequences?.slice(0, most) ?? []
  // Claude Code's is a JSON text about the device and the account: not for strangers.
  const namesUser = userId !== undefined && (own || userId.length <= MAX_USER_LENGTH)
  if (userId !== undefined && !namesUser) losses.drop('metadata.user_id', `longer than ${MAX_USER_LENGTH} characters`)
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && own && { top_k: topK }),
    ...(stops.length > 0 && { stop: formOf(request).stop === 'string' && stops[0] !== undefined ? stops[0] : stops }),
    ...(namesUser && { user: userId }),
  }
}

function encodeFormat(format: OutputFormat | undefined, losses: Losses): JsonObject {
  if (!format) return {}
  if (format.type === 'json') return { response_format: { type: 'json_object' } }
  losses.residue(format.native, 'output_config.format')
  const { name, schema } = format
  const isOwn = format.native?.protocol === 'openai-chat'
  const strict = isOwn ? format.strict : strictFor(format.strict, schema, losses, 'output_config.format')
  return {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: name ?? 'output',
        schema,
        ...(strict !== undefined && { strict }),
        ...restFor(format.native, 'openai-chat'),
      },
    },
  }
}

// Providers count the tokens of a stream only when asked to; a Chat client has said itself what it wants.
function encodeStreaming(request: ModelRequest, own: boolean): JsonObject {
  if (!request.stream) return formOf(request).stream === 'false' ? { stream: false } : {}
  return own ? { stream: true } : { stream: true, stream_options: { include_usage: true } }
}
