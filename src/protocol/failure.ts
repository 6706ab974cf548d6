import { asNumber, asString, isObject, type Json, type JsonObject } from '../canonical/json.ts'

/** What a failed answer says, whatever shape it says it in. */
export interface Failure {
  readonly message?: string
  readonly type?: string
  readonly code?: string
  readonly param?: string
}

/** Reads a failed answer: OpenAI's shape, FastAPI's `detail`, bare messages, lists, JSON inside messages, HTML pages. */
export function readFailure(body: Json | undefined, depth = 0): Failure {
  if (depth > MAX_DEPTH || body === undefined || body === null) return {}
  if (typeof body === 'string') return readText(body, depth)
  if (Array.isArray(body)) return readFailure(body[0], depth + 1)
  return isObject(body) ? readObject(body, depth) : {}
}

const MAX_DEPTH = 8
const MAX_LENGTH = 1000
// The patterns below take quadratic time on a page of unclosed tags.
const MAX_PAGE = 4000
const MOST_BRACES = 40

function readObject(body: JsonObject, depth: number): Failure {
  const wrapped = body.error ?? list(body.errors) ?? (isObject(body.base_resp) ? body.base_resp : undefined)
  const own = labelsOf(body)
  if (wrapped !== undefined && wrapped !== null) {
    const inner = readFailure(wrapped, depth + 1)
    // `{error: "Bad Request", message: "…"}`: the message says more.
    const better = typeof wrapped === 'string' ? readFailure(messageOf(body), depth + 1).message : undefined
    return { ...own, ...inner, ...(better !== undefined && { message: better }) }
  }
  const said = withWindow(messageOf(body), body)
  const inner = said === undefined ? {} : readFailure(said, depth + 1)
  const raw = isObject(body.metadata) ? routedMessage(body.metadata, depth) : undefined
  return { ...inner, ...own, ...(raw !== undefined && { message: raw }) }
}

function labelsOf(body: JsonObject): Failure {
  const type = asString(body.type) ?? asString(body.status)
  const code = word(body.code) ?? word(body.error_code) ?? word(body.status_code)
  const param = asString(body.param)
  return { ...(type && { type }), ...(code && { code }), ...(param && { param }) }
}

function messageOf(body: JsonObject): Json | undefined {
  if (Array.isArray(body.detail)) return body.detail.map(complaint).filter(Boolean).join('; ')
  return body.message ?? body.detail ?? body.msg ?? body.error_msg ?? body.status_msg ?? body.error_description
}

// llama.cpp says how long it was beside its message.
function withWindow(said: Json | undefined, body: JsonObject): Json | undefined {
  const [prompt, window] = [asNumber(body.n_prompt_tokens), asNumber(body.n_ctx)]
  if (typeof said !== 'string' || prompt === undefined || window === undefined) return said
  return `${said}: context size ${window}, prompt ${prompt} tokens`
}

// FastAPI: where the fault is, and which.
function complaint(item: Json): string {
  if (!isObject(item)) return asString(item) ?? ''
  const place = Array.isArray(item.loc) ? item.loc.join('.') : ''
  const said = asString(item.msg) ?? ''
  return place ? `${place}: ${said}` : said
}

// OpenRouter hides the real message of the provider that it asked in its metadata.
function routedMessage(metadata: JsonObject, depth: number): string | undefined {
  const { message } = readFailure(metadata.raw, depth + 1)
  if (message === undefined) return undefined
  const name = asString(metadata.provider_name)
  return name ? `${name}: ${message}` : message
}

function readText(text: string, depth: number): Failure {
  const trimmed = text.trim()
  if (trimmed === '') return {}
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    const inner = readFailure(parsed(trimmed), depth + 1)
    if (inner.message !== undefined) return inner
  }
  const inner = embedded(trimmed, depth)
  if (inner) return inner
  return { message: clip(/^<(!doctype|html|head|body|\?xml)/i.test(trimmed) ? pageText(trimmed) : trimmed) }
}

// Another router's words around a provider's error: `Error from provider: {"error": …} at …`.
function embedded(text: string, depth: number): Failure | undefined {
  const start = text.search(/\{\s*"(error|message|detail)"/)
  const end = text.lastIndexOf('}')
  if (start <= 0 || end < start || text.length > MAX_PAGE) return undefined
  // What follows may hold a brace, too: the shortest text that parses is the object.
  for (
    let close = text.indexOf('}', start), tries = 0;
    close >= 0 && tries < MOST_BRACES;
    close = text.indexOf('}', close + 1), tries++
  ) {
    const object = parsed(text.slice(start, close + 1))
    if (object === undefined) continue
    const inner = readFailure(object, depth + 1)
    return inner.message === undefined ? undefined : inner
  }
  return undefined
}

function pageText(whole: string): string {
  const page = whole.slice(0, MAX_PAGE)
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(page)?.[1]?.trim()
  const shown = title || page.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
  return `The provider answered with a web page: ${shown.replace(/\s+/g, ' ').trim().slice(0, 200)}`
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function list(value: Json | undefined): Json | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined
}

function word(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value || undefined
  const number = asNumber(value)
  return number === undefined ? undefined : String(number)
}

function clip(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
