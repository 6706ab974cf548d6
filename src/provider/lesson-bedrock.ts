import { asNumber, isObject, type Json, type JsonObject } from '../canonical/json.ts'
import type { Traits } from '../protocol/protocol.ts'

/** What the refusal of a Converse request taught about its model, if anything. */
export interface BedrockLesson {
  readonly traits: Traits
  readonly what: string
}

/** What AWS's words, or those of the model's vendor that AWS repeats, say of the model. */
export function bedrockLesson(message: string, body: JsonObject): BedrockLesson | undefined {
  return uncaching(message, body) ?? unstreaming(message) ?? shortening(message, body) ?? rethinking(message, body)
}

// "You invoked an unsupported model or your request did not allow prompt caching."
function uncaching(message: string, body: JsonObject): BedrockLesson | undefined {
  if (!/prompt caching/i.test(message) || !JSON.stringify(body).includes('"cachePoint"')) return undefined
  return { traits: { cacheControl: false }, what: 'cache points are left out from now on' }
}

// "This model doesn't support tool use in streaming mode."
function unstreaming(message: string): BedrockLesson | undefined {
  if (!/tool use in streaming mode/i.test(message)) return undefined
  return { traits: { streamedTools: false }, what: 'answers that may call tools are asked for whole from now on' }
}

// "The maximum tokens you requested exceeds the model limit of 8192. Try again with …"
// "max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens"
function shortening(message: string, body: JsonObject): BedrockLesson | undefined {
  const config = body['inferenceConfig']
  const wished = isObject(config) ? asNumber(config['maxTokens']) : undefined
  const told = /model limit of (\d+)|max_tokens: \d+ > (\d+)/i.exec(message)
  const most = Number(told?.[1] ?? told?.[2])
  if (wished === undefined || !(most > 0 && most < wished)) return undefined
  return { traits: { maxOutputTokens: most }, what: `maxTokens is lowered to ${most} from now on` }
}

// "thinking.type.enabled is not supported for this model. Use thinking.type.adaptive"
function rethinking(message: string, body: JsonObject): BedrockLesson | undefined {
  const fields = body['additionalModelRequestFields']
  const thinking = isObject(fields) ? fields['thinking'] : undefined
  if (!/thinking/i.test(message) || !isObject(thinking)) return undefined
  if (!/not supported|unsupported|should be|must be|expected|does(?: not|n[’']t) match/i.test(message)) return undefined
  const other = OTHERS.get(thinking['type'])
  if (!other) return undefined
  const way = other === 'budget' ? 'a limit of tokens' : 'an effort'
  return { traits: { thinkingRequest: other }, what: `thinking is asked for with ${way} from now on` }
}

const OTHERS: ReadonlyMap<Json | undefined, 'adaptive' | 'budget'> = new Map([
  ['enabled', 'adaptive'],
  ['adaptive', 'budget'],
])
