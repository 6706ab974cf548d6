import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { ModelRequest, OutputFormat } from '../../canonical/request.ts'
import type { Encoded, Target } from '../protocol.ts'
import { toGeminiSchema } from '../schema/gemini-schema.ts'
import { encodeContents } from './contents.ts'
import { createEncoding, type Encoding } from './encoding.ts'
import { encodePart } from './encode-parts.ts'
import { decodeThinking } from './decode-request.ts'
import { encodeTools } from './encode-tools.ts'
import { fromGeminiSchema } from './json-schema.ts'
import { isGemini3, outputLimitOf } from './model.ts'
import { pathOf } from './path.ts'
import { defined, isSame, spelling, withFlatRest } from './residue.ts'
import { encodeThinking } from './thinking.ts'
import { encodeWishes } from './wishes.ts'
import { wantsSeveral } from './untranslatable.ts'
import { createTurnIds } from '../turn-ids.ts'

/** A request as `POST /models/{model}:generateContent`, or `:streamGenerateContent` in server-sent events. */
export function encodeRequest(request: ModelRequest, target: Target): Encoded {
  const encoding = createEncoding(request, target)
  const action = request.stream ? 'streamGenerateContent' : 'generateContent'
  encoding.dropResidue(request.native, '')
  if (request.userId !== undefined) encoding.drop('metadata.user_id', 'Gemini has no field for the user')
  const own = defined({
    systemInstruction: encodeSystem(request, encoding),
    contents: encodeContents(request, encoding),
    ...encodeTools(request, encoding),
    generationConfig: encodeConfig(request, encoding),
  })
  const body = withFlatRest(own, request.native)
  leaveOutRefused(body, encoding)
  if (wantsSeveral(request)) leaveOutSeveral(body, encoding)
  return {
    wire: { path: pathOf(target.model, action), query: request.stream ? 'alt=sse' : '', headers: {}, body },
    dropped: encoding.dropped,
    context: {
      provider: target.provider,
      model: target.model,
      ...(encoding.names.renamed.size > 0 && { toolNames: encoding.names.renamed }),
      id: createTurnIds(request),
    },
  }
}

const MAX_STOPS = 5
/** Claude Code's first system text, which differs from call to call. */
const BILLING_LINE = 'x-anthropic-billing-header:'

function encodeSystem(request: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const parts = request.system.flatMap((part, index) => {
    const path = `system[${index}]`
    if (encoding.ours || !part.text.startsWith(BILLING_LINE)) return encodePart(part, path, encoding)
    encoding.drop(path, 'a billing line for Anthropic alone; it would spoil the prompt cache')
    return []
  })
  if (parts.length === 0) return undefined
  const role = spelling(request.native, 'systemRole')
  return typeof role === 'string' ? { role, parts } : { parts }
}

function encodeConfig(request: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const { temperature, topP, topK } = request
  const quiet = spelling(request.native, 'quiet')
  const config = defined({
    maxOutputTokens: encodeLimit(request, encoding),
    temperature,
    topP,
    topK,
    stopSequences: encodeStops(request, encoding),
    ...encodeWishes(request, encoding),
    ...encodeFormat(request, encoding),
    thinkingConfig: encodeReasoning(request, encoding),
    ...(isObject(quiet) && quiet),
  })
  return Object.keys(config).length > 0 ? config : undefined
}

function encodeReasoning({ reasoning, maxOutputTokens }: ModelRequest, encoding: Encoding): JsonObject | undefined {
  const own = spelling(reasoning?.native, 'thinkingConfig')
  if (encoding.ours && isObject(own) && isSame(decodeThinking(own), reasoning)) return own
  encoding.dropResidue(reasoning?.native, 'thinking')
  return encodeThinking(reasoning, encoding.target, encoding.drop, maxOutputTokens)
}

function encodeLimit({ maxOutputTokens }: ModelRequest, { ours, target, drop }: Encoding): number | undefined {
  const most = target.traits.maxOutputTokens ?? (ours ? undefined : outputLimitOf(target.model))
  if (maxOutputTokens === undefined || most === undefined || maxOutputTokens <= most) return maxOutputTokens
  drop('max_tokens', `${target.model} can give ${most} tokens at most`)
  return most
}

function encodeStops({ stopSequences }: ModelRequest, { ours, drop }: Encoding): string[] | undefined {
  if (!stopSequences || stopSequences.length === 0) return undefined
  if (ours) return [...stopSequences]
  stopSequences
    .slice(MAX_STOPS)
    .forEach((_stop, index) => drop(`stop_sequences[${MAX_STOPS + index}]`, 'Gemini takes five at most'))
  return stopSequences.slice(0, MAX_STOPS)
}

function encodeFormat(request: ModelRequest, encoding: Encoding): JsonObject {
  const format = request.outputFormat
  if (!format) return {}
  if (!encoding.ours && request.tools.length > 0 && !isGemini3(encoding.target.model)) {
    encoding.drop('output_config.format', `${encoding.target.model} refuses JSON output together with tools`)
    return {}
  }
  const responseMimeType = 'application/json'
  return format.type === 'json' ? { responseMimeType } : { responseMimeType, ...encodeFormatSchema(format, encoding) }
}

function encodeFormatSchema(format: Extract<OutputFormat, { type: 'json-schema' }>, encoding: Encoding): JsonObject {
  encoding.dropResidue(format.native, 'output_config.format')
  const raw = spelling(format.native, 'responseSchema')
  if (isObject(raw) && isSame(fromGeminiSchema(raw), format.schema)) return { responseSchema: raw }
  if (spelling(format.native, 'json') === true) return { responseJsonSchema: format.schema }
  return { responseSchema: toGeminiSchema(format.schema) }
}

/** Leaves out fields that this provider refused before, at the top or among the options of generation. */
function leaveOutRefused(body: JsonObject, { target, drop }: Encoding): void {
  const config = isObject(body.generationConfig) ? body['generationConfig'] : {}
  for (const field of target.traits.refusedFields ?? []) {
    for (const holder of [body, config]) {
      if (holder[field] === undefined) continue
      Reflect.deleteProperty(holder, field)
      drop(field, `${target.provider} refuses the field`)
    }
  }
}

/** Only a relay brings several answers to the client. */
function leaveOutSeveral(body: JsonObject, { drop }: Encoding): void {
  if (isObject(body.generationConfig)) Reflect.deleteProperty(body['generationConfig'], 'candidateCount')
  drop('generationConfig.candidateCount', 'of an edited request only one answer is read')
}
