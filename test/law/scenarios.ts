import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorKind } from '../../src/canonical/error.ts'
import { parseJson, type Json, type JsonObject } from '../../src/canonical/json.ts'
import type { ModelEvent } from '../../src/canonical/event.ts'
import type { Usage } from '../../src/canonical/usage.ts'
import { decodeSse } from '../../src/protocol/framing/sse.ts'
import { protocols } from '../../src/protocol/index.ts'
import type { DecodeContext, EncodeContext, Frame, Protocol, Step, WireRequest } from '../../src/protocol/protocol.ts'

/**
 * One folder of `test/fixture/<protocol>/`. Each file is optional: `request.json` (the body) with `wire.json` (path,
 * query, headers) and `residue.json` (paths that only this protocol understands), `stream.sse`, `reply.json`,
 * `usage.json` (the canonical counts of the answer), `error.json`.
 */
export interface Scenario {
  readonly name: string
  readonly protocol: Protocol
  readonly request?: WireRequest
  readonly residue?: readonly string[]
  readonly stream?: Uint8Array
  readonly reply?: JsonObject
  readonly usage?: Usage
  readonly error?: ErrorFixture
}

export interface ErrorFixture {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Json
  readonly kind: ErrorKind
  readonly message: string
  readonly retryAfterMs?: number
}

const root = join(import.meta.dir, '../fixture')

/** Every codec that is spoken. */
export const codecs: readonly Protocol[] = Object.values(protocols)

/** Every scenario of every protocol. */
export const scenarios: readonly Scenario[] = codecs.flatMap((protocol) => {
  const folder = join(root, protocol.id)
  return existsSync(folder)
    ? readdirSync(folder)
        .toSorted()
        .map((name) => readScenario(protocol, join(folder, name), name))
    : []
})

/** Rows for `test.each`: the scenarios that have all of `files`, by name. */
export function having<Key extends keyof Scenario>(...files: Key[]) {
  return scenarios
    .filter((scenario) => files.every((file) => scenario[file] !== undefined))
    .map(
      (scenario) =>
        [`${scenario.protocol.id}/${scenario.name}`, scenario as Scenario & Required<Pick<Scenario, Key>>] as const,
    )
}

/** The same, with every protocol that the scenario could be translated to. */
export function translations<Key extends keyof Scenario>(...files: Key[]) {
  return having(...files).flatMap(([name, scenario]) =>
    codecs.map((codec) => [name, codec.id, scenario, codec] as const),
  )
}

/** A context whose ids are the same in every run. */
export function decodeContext(): DecodeContext {
  return { provider: 'fixture', model: 'fixture-model', id: counter() }
}

/** A context whose ids are the same in every run. */
export function encodeContext(): EncodeContext {
  return { id: counter(), created: 1_700_000_000, model: 'fixture-model' }
}

/** The context of a client that asked for a stream the way we ask providers: with usage in it. */
export function streamContext(client: Protocol): EncodeContext {
  const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }] as const
  const asked = { model: 'm', system: [], messages, tools: [], stream: true }
  const { wire } = client.encodeRequest(asked, { provider: 'fixture', model: 'm', traits: {} })
  const { native } = client.decodeRequest(wire)
  return { ...encodeContext(), ...(native && { requestNative: native }) }
}

/** Pushes all of `inputs`, then ends. */
export function run<In, Out>(step: Step<In, Out>, inputs: readonly In[]): Out[] {
  return [...inputs.flatMap((input) => step.push(input)), ...step.end()]
}

/** The frames of a recorded stream. */
export function framesOf(stream: Uint8Array): Frame[] {
  return run(decodeSse(), [stream])
}

/** What a recorded stream says. */
export function eventsIn(protocol: Protocol, frames: readonly Frame[]): ModelEvent[] {
  return run(protocol.decodeStream(decodeContext()), frames)
}

/** JSON without the difference between an absent key and `undefined`. */
export function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}

function readScenario(protocol: Protocol, folder: string, name: string): Scenario {
  const json = (file: string): Json | undefined => {
    const path = join(folder, file)
    return existsSync(path) ? parseJson(readFileSync(path, 'utf8')) : undefined
  }
  const body = json('request.json') as JsonObject | undefined
  const wire = json('wire.json') as Partial<WireRequest> | undefined
  const stream = join(folder, 'stream.sse')
  const optional = {
    residue: json('residue.json'),
    reply: json('reply.json'),
    usage: json('usage.json'),
    error: json('error.json'),
  }
  return {
    name,
    protocol,
    ...(body && { request: { path: '', query: '', headers: {}, ...wire, body } }),
    ...(existsSync(stream) && { stream: new Uint8Array(readFileSync(stream)) }),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Scenario>),
  }
}

function counter(): (prefix: string) => string {
  let count = 0
  return (prefix) => `${prefix}${++count}`
}
