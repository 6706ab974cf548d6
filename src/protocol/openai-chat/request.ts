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
import { addTools } from './tools.ts'
import { addWishes } from './wishes.ts'
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
    : { fields: undefined, left: request.native }
  losses.residue(left, '')
  const said: JsonObject = { model: target.model, messages: encodeMessages(request, scope) }
  addTools(said, request, scope)
  addOutputLimit(said, request, target, losses)
  addSampling(said, request, own, losses)
  addWishes(said, request)
  if (request.reasoning) Object.assign(said, encodeReasoning(request, target, own, losses))
  if (request.outputFormat) said.response_format = encodeFormat(request.outputFormat, losses)
  addStreaming(said, request, own)
  // Claude Code's name of its user holds the session: only a mark of it is told.
  if (!own && target.traits.promptCacheKey && request.userId !== undefined)
    said.prompt_cache_key = `ccr-${fingerprint(request.userId)}`
  if (fields) Object.assign(said, fields)
  const body = own ? { ...said, ...quietOf(request), ...restFor(request.native, 'openai-chat') } : said
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

function addOutputLimit(body: JsonObject, request: ModelRequest, target: Target, losses: Losses): void {
  const wish = request.maxOutputTokens
  if (wish === undefined) return
  const { maxTokensField, maxOutputTokens } = target.traits
  const form = formOf(request).maxTokens
  const known = usesMaxCompletionTokens(target.model) ? 'max_completion_tokens' : 'max_tokens'
  const field = maxTokensField ?? (typeof form === 'string' ? form : known)
  const isTooMuch = maxOutputTokens !== undefined && wish > maxOutputTokens
  if (isTooMuch) losses.drop('max_tokens', `${target.model} can give ${maxOutputTokens} tokens at most`)
  body[field] = isTooMuch ? maxOutputTokens : wish
}

const MAX_STOPS = 4
const MAX_USER_LENGTH = 64

function addSampling(body: JsonObject, request: ModelRequest, own: boolean, losses: Losses): void {
  const { temperature, topP, topK, userId } = request
  if (temperature !== undefined) body.temperature = temperature
  if (topP !== undefined) body.top_p = topP
  if (topK !== undefined && own) body.top_k = topK
  else if (topK !== undefined) losses.drop('top_k', 'Chat Completions has no field for it')
  if (request.stopSequences) addStops(body, request, request.stopSequences, own, losses)
  if (userId === undefined) return
  // Claude Code's is a JSON text about the device and the account: not for strangers.
  if (own || userId.length <= MAX_USER_LENGTH) body.user = userId
  else losses.drop('metadata.user_id', `longer than ${MAX_USER_LENGTH} characters`)
}

function addStops(
  body: JsonObject,
  request: ModelRequest,
  told: readonly string[],
  own: boolean,
  losses: Losses,
): void {
  const stops = own ? [...told] : told.slice(0, MAX_STOPS)
  for (let index = stops.length; index < told.length; index++)
    losses.drop(`stop_sequences[${index}]`, 'Chat Completions takes four at most')
  const [first] = stops
  if (first !== undefined) body.stop = formOf(request).stop === 'string' ? first : stops
}

function encodeFormat(format: OutputFormat, losses: Losses): JsonObject {
  if (format.type === 'json') return { type: 'json_object' }
  losses.residue(format.native, 'output_config.format')
  const { name, schema } = format
  const isOwn = format.native?.protocol === 'openai-chat'
  const strict = isOwn ? format.strict : strictFor(format.strict, schema, losses, 'output_config.format')
  return {
    type: 'json_schema',
    json_schema: {
      name: name ?? 'output',
      schema,
      ...(strict !== undefined && { strict }),
      ...restFor(format.native, 'openai-chat'),
    },
  }
}

// Providers count the tokens of a stream only when asked to; a Chat client has said itself what it wants.
function addStreaming(body: JsonObject, request: ModelRequest, own: boolean): void {
  if (request.stream) {
    body.stream = true
    if (!own) body.stream_options = { include_usage: true }
  } else if (formOf(request).stream === 'false') body.stream = false
}
