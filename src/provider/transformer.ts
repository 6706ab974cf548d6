import type { JsonObject } from '../canonical/json.ts'

/**
 * A module of the user in the form that CCR's plugins have: hooks around a call whose body is OpenAI Chat's, with
 * additions. Hooks may be absent, synchronous or not, and may give anything back: whoever calls them looks.
 */
export interface Transformer {
  readonly name: string
  /** The path of an endpoint of its own for clients. */
  readonly endPoint?: string
  /** What a client of `endPoint` sent → Chat's body. */
  transformRequestOut?(body: JsonObject, context: HookContext): unknown
  /** Chat's body → what the provider takes; `{ body, config }` also says where to and with which headers. */
  transformRequestIn?(body: JsonObject, provider: HookProvider, context: HookContext): unknown
  /** The provider's answer → Chat's. */
  transformResponseOut?(response: Response, context: HookContext): unknown
  /** Chat's answer → what a client of `endPoint` takes. */
  transformResponseIn?(response: Response, context: HookContext): unknown
  /** Credentials for a client of `endPoint` whose body goes to the provider as it is. */
  auth?(body: JsonObject, provider: HookProvider, context: HookContext): unknown
}

/** The names of the hooks. */
export const HOOKS = [
  'transformRequestIn',
  'transformRequestOut',
  'transformResponseIn',
  'transformResponseOut',
  'auth',
] as const
export type Hook = (typeof HOOKS)[number]

/** The provider as hooks see it. */
export interface HookProvider {
  readonly name: string
  /** The URL as the config has it. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly models: readonly string[]
  readonly transformer: { readonly use: readonly Transformer[] }
}

/** What hooks see of the call besides its body. */
export interface HookContext {
  readonly req: unknown
}
