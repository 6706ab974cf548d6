import { restFor } from '../canonical/native.ts'
import type { Message, ModelRequest, Part, TextPart } from '../canonical/request.ts'
import { type Client, clientOf } from './client.ts'
import { estimateInput } from './estimate.ts'
import { markersIn } from './marker.ts'
import { projectOf } from './project.ts'
import { type HeaderValues, type SessionState, sessionIdOf } from './session.ts'

/** What a rule may see of a request. Each is worked out when first asked for, and once. */
export interface Facts {
  readonly request: ModelRequest
  readonly sessionId: string | undefined
  /** What is remembered of this conversation. */
  readonly session: SessionState | undefined
  /** Input tokens by the size of the request alone. */
  readonly estimated: number
  /** Input tokens, corrected by the conversation's last real count. */
  readonly inputTokens: number
  /** The models that sub-agent markers name, in order. */
  readonly markers: readonly string[]
  /** Whether the newest turn (the last prompt and what followed it) shows an image. */
  readonly hasNewImage: boolean
  /** Whether this is a web search to be made, not only one that could be. */
  readonly asksWebSearch: boolean
  /** What asks for more thinking than clients do by default, in words. */
  readonly thinking: string | undefined
  /** Who calls, and in which version. */
  readonly client: Client | undefined
  /** The headers of the request by lower-case name, without any that may hold a key. */
  readonly headers: HeaderValues
  /** Whether the conversation shows an image. */
  readonly hasImages: boolean
  /** What the user wrote last. */
  readonly prompt: readonly TextPart[]
  /** The folder that the agent works in. */
  readonly project: string | undefined
  /** The name of the client key that was shown. */
  readonly keyLabel: string | undefined
  /** Whether code of the user has named the model of the request, so that no rule is asked. */
  readonly isDecided: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What is known of a request besides itself. */
export interface RequestInfo {
  /** By lower-case name. */
  readonly headers: HeaderValues
  /** What was remembered under `conversationOf`. */
  readonly session?: SessionState | undefined
  /** What `sessionIdOf` gives, if that has been asked. */
  readonly sessionId?: string | undefined
  readonly keyLabel?: string | undefined
  readonly isDecided?: boolean | undefined
  /** Milliseconds since 1970. Absent: 0. */
  readonly now?: number
}

/** The facts of a request. */
export function factsOf(request: ModelRequest, info: RequestInfo): Facts {
  const facts = Object.create(WORKED_OUT) as OpenFacts
  const { headers, session, keyLabel, isDecided = false, now = 0 } = info
  facts.request = request
  facts.headers = headers
  facts.session = session
  facts.keyLabel = keyLabel
  facts.isDecided = isDecided
  facts.now = now
  facts.sessionId = info.sessionId ?? sessionIdOf(request, headers)
  facts.found = {}
  return facts
}

type OpenFacts = { -readonly [Name in Exclude<keyof Facts, WorkedOut>]: Facts[Name] } & Pick<Facts, WorkedOut> & {
    found: Found
  }

type WorkedOut =
  | 'client'
  | 'hasImages'
  | 'prompt'
  | 'project'
  | 'estimated'
  | 'inputTokens'
  | 'markers'
  | 'hasNewImage'
  | 'asksWebSearch'
  | 'thinking'

/** What of the facts has been asked for. */
type Found = { -readonly [Name in WorkedOut]?: { readonly value: Facts[Name] } }

// What all facts inherit: to make ten getters for each request would cost more than most requests ask of them.
const WORKED_OUT: Pick<Facts, WorkedOut> & ThisType<OpenFacts> = {
  get client() {
    return (this.found.client ??= { value: clientOf(this.headers['user-agent']) }).value
  },
  get hasImages() {
    return (this.found.hasImages ??= { value: this.request.messages.some(({ parts }) => parts.some(isImage)) }).value
  },
  get prompt() {
    return promptOf(this.request.messages)
  },
  get project() {
    return (this.found.project ??= { value: projectOf(this.request) }).value
  },
  get estimated() {
    return (this.found.estimated ??= { value: estimateInput(this.request) }).value
  },
  get inputTokens() {
    return Math.ceil(this.estimated * (this.session?.ratio ?? 1))
  },
  get markers() {
    return (this.found.markers ??= { value: markersIn(this.request) }).value
  },
  get hasNewImage() {
    return (this.found.hasNewImage ??= {
      value: newestTurn(this.request.messages).some(({ parts }) => parts.some(isImage)),
    }).value
  },
  get asksWebSearch() {
    return asksWebSearch(this.request)
  },
  get thinking() {
    return thinkingOf(this.request)
  },
}

/** From the last prompt on: the model that was shown an image also finishes the tool calls of that turn. */
function newestTurn(messages: readonly Message[]): readonly Message[] {
  const start = messages.findLastIndex((message) => message.role === 'user' && isPrompt(message))
  return messages.slice(Math.max(start, 0))
}

/** A message that the user wrote; not one of tool results, to which clients may add reminders. */
function isPrompt(message: Message): boolean {
  if (!message.parts.some((part) => part.type === 'tool-result')) return true
  return message.parts.some((part) => part.type === 'text' && !part.text.startsWith('<system-reminder>'))
}

function promptOf(messages: readonly Message[]): readonly TextPart[] {
  const prompt = messages.findLast((message) => message.role === 'user' && isPrompt(message))
  const texts = prompt?.parts.filter((part) => part.type === 'text') ?? []
  return texts.filter((part) => !part.text.startsWith('<system-reminder>'))
}

function isImage(part: Part): boolean {
  if (part.type === 'tool-result') return part.content.some(isImage)
  return part.type === 'media' && part.kind === 'image'
}

function asksWebSearch({ tools, toolChoice, native }: ModelRequest): boolean {
  // Chat Completions has an option in place of a tool.
  if (restFor(native, 'openai-chat')?.web_search_options !== undefined) return true
  const search = tools.find((tool) => tool.type === 'server' && tool.kind === 'web-search')
  if (search?.type !== 'server') return false
  // Codex offers its search with every request: there it only counts when nothing else is to be had.
  if (search.native.protocol !== 'openai-responses') return true
  return tools.length === 1 || (toolChoice?.type === 'tool' && toolChoice.name === search.name)
}

/** Adaptive thinking and effort `high` are what clients send by default, and say nothing. */
function thinkingOf({ reasoning }: ModelRequest): string | undefined {
  if (!reasoning || reasoning.mode === 'off') return undefined
  if (reasoning.effort === 'xhigh' || reasoning.effort === 'max') return `effort ${reasoning.effort} is asked for`
  if (reasoning.mode !== 'on') return undefined
  return reasoning.budget === undefined
    ? 'thinking is on'
    : `thinking is on, with a budget of ${reasoning.budget} tokens`
}
