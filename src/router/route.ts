/** Where a call may go: a provider of the config and the model to ask it for. */
export interface RouteTarget {
  readonly provider: string
  readonly model: string
}

/** The scenarios of a `Router` section, in the order in which they are tried (explicit models and markers come before). */
export const SCENARIOS = ['longContext', 'background', 'webSearch', 'think', 'image', 'default'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** A `Router` section: which target each scenario uses. */
export interface Routes {
  readonly targets: Readonly<Partial<Record<Scenario, RouteTarget>>>
  /** Input tokens above which `longContext` applies. */
  readonly longContextThreshold: number
}
