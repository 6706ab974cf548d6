import { isObject, type JsonObject } from '../../canonical/json.ts'
import { EFFORTS, type ModelRequest } from '../../canonical/request.ts'
import type { Encoded, Target } from '../protocol.ts'
import { ALL_WISHES, dropWishes } from '../wishes.ts'
import { createEncoding, type Encoding } from './encoding.ts'
import { encodeMessages, encodeSystem } from './encode-messages.ts'
import { encodeToolConfig } from './encode-tools.ts'
import { decodeFields, encodeFields, isThinking, withEffort } from './fields.ts'
import { takesSchemas } from './model.ts'
import { defined, isSame, spelling, withRest } from './residue.ts'
import { createTurnIds } from '../turn-ids.ts'

/** A request as `POST /model/{modelId}/converse`, or `/converse-stream`. */
export function encodeRequest(request: ModelRequest, target: Target): Encoded {
  const encoding = createEncoding(request, target)
  encoding.dropResidue(request.native, '')
  dropWishes(request, ALL_WISHES, 'Converse', encoding.drop)
  if (request.userId !== undefined) encoding.drop('metadata.user_id', 'Converse has no field for the user')
  const messages = encodeMessages(request, encoding)
  const system = encodeSystem(request, encoding)
  const fields = encodeAdditional(request, messages, encoding)
  const own = defined({
    messages: messages.length > 0 || spelling(request.native, 'messages') !== 'absent' ? messages : undefined,
    system: system.length > 0 || spelling(request.native, 'system') === 'empty' ? system : undefined,
    inferenceConfig: encodeInference(request, isThinking(fields), encoding),
    toolConfig: encodeToolConfig(request, encoding),
    additionalModelRequestFields: fields,
    outputConfig: encodeOutput(request, encoding),
  })
  const body = withRest(own, request.native)
  leaveOutRefused(body, encoding)
  return {
    wire: {
      path: `/model/${encodeURIComponent(target.model)}/${isStreamed(request, body, target) ? 'converse-stream' : 'converse'}`,
      query: '',
      headers: {},
      body,
    },
    dropped: encoding.dropped,
    context: {
      provider: target.provider,
      model: target.model,
      ...(encoding.names.renamed.size > 0 && { toolNames: encoding.names.renamed }),
      id: createTurnIds(request),
    },
  }
}

function isStreamed({ stream }: ModelRequest, { toolConfig }: JsonObject, { traits }: Target): boolean {
  return stream && !(toolConfig !== undefined && traits.streamedTools === false)
}

/** Nova takes four. */
const NOVA_STOPS = 4

function encodeInference(request: ModelRequest, thinks: boolean, encoding: Encoding): JsonObject | undefined {
  const { ours, family, drop } = encoding
  const config: JsonObject = {
    maxTokens: encodeLimit(request, encoding),
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: encodeStops(request, encoding),
  }
  const leaveOut = (key: string, field: string, why: string): void => {
    if (config[key] === undefined) return
    config[key] = undefined
    drop(field, why)
  }
  if (!ours && family === 'claude') {
    if (thinks) leaveOut('temperature', 'temperature', 'not allowed together with thinking')
    if (thinks) leaveOut('topP', 'top_p', 'not allowed together with thinking')
    if (config.temperature !== undefined) leaveOut('topP', 'top_p', 'newer models refuse it together with temperature')
  }
  if (!ours && typeof config.temperature === 'number' && config.temperature > 1) {
    drop('temperature', `lowered from ${config.temperature} to 1, Bedrock's highest`)
    config.temperature = 1
  }
  const said = defined(config)
  return Object.keys(said).length > 0 || spelling(request.native, 'inferenceConfig') === 'empty' ? said : undefined
}

function encodeLimit({ maxOutputTokens }: ModelRequest, { target, drop }: Encoding): number | undefined {
  const most = target.traits.maxOutputTokens
  if (maxOutputTokens === undefined || most === undefined || maxOutputTokens <= most) return maxOutputTokens
  drop('max_tokens', `lowered from ${maxOutputTokens} to the model's limit of ${most}`)
  return most
}

function encodeStops({ stopSequences }: ModelRequest, { ours, family, drop }: Encoding): string[] | undefined {
  if (!stopSequences || ours) return stopSequences && [...stopSequences]
  const spoken = stopSequences.filter((stop) => stop.trim() !== '')
  if (spoken.length < stopSequences.length) drop('stop_sequences', 'Bedrock refuses those of white space only')
  const most = family === 'nova' ? NOVA_STOPS : Infinity
  if (spoken.length > most) drop('stop_sequences', `Nova takes ${NOVA_STOPS} at most`)
  return spoken.length > 0 ? spoken.slice(0, most) : undefined
}

/** What a client of this protocol said, unless it was edited. */
function encodeAdditional(
  request: ModelRequest,
  messages: readonly JsonObject[],
  encoding: Encoding,
): JsonObject | undefined {
  if (!encoding.ours) return encodeFields(request, messages, encoding)
  const own = spelling(request.native, 'fields')
  const said = decodeFields(own)
  const effort = EFFORTS.find((each) => each === spelling(request.native, 'effort'))
  const wish = withEffort(said.reasoning, effort)
  if (isSame(wish, request.reasoning) && said.topK === request.topK) return isObject(own) ? own : undefined
  return { ...(isObject(own) && own), ...encodeFields(request, messages, encoding) }
}

function encodeOutput(request: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const { outputFormat: format, reasoning } = request
  const effort = encoding.ours ? spelling(request.native, 'effort') : undefined
  const told = effort !== undefined && reasoning?.effort === effort ? { effort } : {}
  if (!format) return Object.keys(told).length > 0 ? told : undefined
  encoding.dropResidue('native' in format ? format.native : undefined, 'output_config.format')
  if (format.type === 'json') {
    encoding.drop('output_config.format', 'Converse knows JSON output only with a schema')
    return undefined
  }
  if (!encoding.ours && !takesSchemas(encoding.target.model)) {
    encoding.drop('output_config.format', `${encoding.target.model} takes no schema for its answer`)
    return undefined
  }
  const raw = spelling(format.native, 'schema')
  const isUnchanged = typeof raw === 'string' && isSame(JSON.parse(raw), format.schema)
  const jsonSchema = defined({ schema: isUnchanged ? raw : JSON.stringify(format.schema), name: format.name })
  return { ...told, textFormat: withRest({ type: 'json_schema', structure: { jsonSchema } }, format.native) }
}

/** Leaves out fields that this provider refused before, wherever they stand. */
function leaveOutRefused(body: JsonObject, { target, drop }: Encoding): void {
  const holders = [body, body.inferenceConfig, body.additionalModelRequestFields].filter(isObject)
  for (const field of target.traits.refusedFields ?? []) {
    for (const holder of holders) {
      if (holder[field] === undefined) continue
      Reflect.deleteProperty(holder, field)
      drop(field, `${target.provider} refuses the field`)
    }
  }
}
