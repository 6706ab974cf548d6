import type { ProtocolId } from '../../src/canonical/native.ts'
import type { Loose } from './scene.ts'

/** A protocol that agents speak. */
export type AgentProtocol = Exclude<ProtocolId, 'bedrock-converse'>

/** One step of a conversation, in no protocol's words. */
export type Step =
  | { readonly says: string; readonly image?: string }
  | { readonly answers: string; readonly calls?: readonly AgentCall[] }
  | { readonly results: readonly AgentResult[] }

export interface AgentCall {
  readonly id: string
  readonly name: string
  readonly input: object
}

export interface AgentResult {
  readonly id: string
  readonly name: string
  readonly text: string
  /** A PNG in base64. */
  readonly image?: string
}

/** What an agent asks. */
export interface Asked {
  readonly steps?: readonly Step[]
  readonly tools?: readonly { readonly name: string; readonly schema: object }[]
  /** Any tool must be called, or the one of this name. */
  readonly forced?: { readonly name?: string }
  readonly limit?: number
  readonly effort?: string
  readonly stream?: boolean
  /** Fields of the body beside these. */
  readonly more?: object
}

/** What an agent was told. */
export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly text: string
  readonly thinking: string
  /** Arguments that are no JSON are a text. */
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  /** The protocol's own word for the end; for Responses its status. */
  readonly end: string | undefined
  /** The error in the protocol's own shape, and `kind`, its word for what went wrong. */
  readonly error?: { readonly message: string; readonly kind: string }
}

/** How the agents of one protocol ask and read. */
export interface Agent {
  readonly protocol: AgentProtocol
  path(asked: Asked): string
  body(asked: Asked): Loose
  /** Reads a whole body, or the data of all events of a stream. */
  read(events: readonly Loose[], isStream: boolean): Omit<Heard, 'status' | 'headers' | 'body'>
}

/** Reads an answer as the agent would. */
export async function hear(agent: Agent, response: Response): Promise<Heard> {
  const body = await response.text()
  const isStream = (response.headers.get('content-type') ?? '').includes('event-stream')
  const events = isStream ? dataIn(body) : [JSON.parse(body)]
  return { status: response.status, headers: response.headers, body, ...agent.read(events, isStream) }
}

/** JSON where it is some. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What cannot be parsed stays a text: a test sees that it is no object.
    return text
  }
}

function dataIn(body: string): Loose[] {
  return [...body.matchAll(/^data: ?(.*)$/gm)].flatMap(([, data = '']) =>
    data.startsWith('{') ? [JSON.parse(data)] : [],
  )
}
