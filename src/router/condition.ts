import type { Effort } from '../canonical/request.ts'
import type { VersionRange } from './client.ts'
import type { Facts } from './facts.ts'
import { plainModel } from './model-name.ts'
import type { Pattern } from './pattern.ts'
import { quote } from './rule.ts'
import type { TimeSpan } from './time-span.ts'

/** One thing that a rule demands of a request. */
export interface Condition {
  /** Its name in the config. */
  readonly name: ConditionName
  /** What it demands, in words. */
  readonly wanted: string
  holds(facts: Facts): boolean
  /** What the request has of it, in words, given whether it `holds`. Never a text of the conversation, nor the value of a header. */
  found(facts: Facts, holds: boolean): string
}

/** The conditions of a rule, in the order in which they are asked: the cheap ones first. */
export const CONDITION_NAMES = [
  'model',
  'client',
  'key',
  'header',
  'session',
  'thinking',
  'effort',
  'tools',
  'time',
  'project',
  'images',
  'prompt',
  'system',
  'tokens',
  'not',
] as const
export type ConditionName = (typeof CONDITION_NAMES)[number]

/** A client by name, perhaps only in some versions. */
export interface ClientPattern {
  readonly name: Pattern
  readonly versions?: VersionRange
}

/** The name of the model that the client asks for. */
export function modelCondition(patterns: readonly Pattern[]): Condition {
  return {
    name: 'model',
    wanted: oneOf(patterns),
    holds: ({ request }) => matchesAny(patterns, plainModel(request.model)),
    found: ({ request }) => quote(request.model),
  }
}

export function clientCondition(clients: readonly ClientPattern[]): Condition {
  return {
    name: 'client',
    wanted: clients.map(({ name, versions }) => (versions ? `${name.text}@${versions.text}` : name.text)).join(' or '),
    holds: (facts) => clients.some((pattern) => isClient(pattern, facts)),
    found: ({ client }) => (client ? quote(`${client.name} ${client.version ?? ''}`.trim()) : 'not told'),
  }
}

/** Whether a request comes from such a client. One that does not tell its version is of none. */
export function isClient({ name, versions }: ClientPattern, { client }: Pick<Facts, 'client'>): boolean {
  if (!client || !name.matches(client.name)) return false
  return versions === undefined || (client.version !== undefined && versions.includes(client.version))
}

export function keyCondition(patterns: readonly Pattern[]): Condition {
  return {
    name: 'key',
    wanted: oneOf(patterns),
    holds: ({ keyLabel }) => keyLabel !== undefined && matchesAny(patterns, keyLabel),
    found: ({ keyLabel }) => (keyLabel === undefined ? 'none' : quote(keyLabel)),
  }
}

/** A header by its lower-case name: whether it is there, or what it says. */
export function headerCondition(header: string, wanted: boolean | readonly Pattern[]): Condition {
  const text = typeof wanted === 'boolean' ? (wanted ? 'sent' : 'not sent') : oneOf(wanted)
  return {
    name: 'header',
    wanted: `${header} ${text}`,
    holds({ headers }) {
      const value = headers[header]
      if (typeof wanted === 'boolean') return (value !== undefined) === wanted
      return value !== undefined && matchesAny(wanted, value)
    },
    found({ headers }, holds) {
      if (headers[header] === undefined) return `${header} not sent`
      return holds || typeof wanted === 'boolean' ? `${header} sent` : `${header} saying something else`
    },
  }
}

export function sessionCondition(patterns: readonly Pattern[]): Condition {
  return {
    name: 'session',
    wanted: oneOf(patterns),
    holds: ({ sessionId }) => sessionId !== undefined && matchesAny(patterns, sessionId),
    found: ({ sessionId }) => (sessionId === undefined ? 'none' : quote(sessionId)),
  }
}

/** Whether more thinking is asked for than agents do by default. */
export function thinkingCondition(wanted: boolean): Condition {
  return {
    name: 'thinking',
    wanted: String(wanted),
    holds: ({ thinking }) => (thinking !== undefined) === wanted,
    found: ({ thinking }) => thinking ?? 'no more than agents ask for by default',
  }
}

export function effortCondition(efforts: readonly Effort[]): Condition {
  return {
    name: 'effort',
    wanted: efforts.join(' or '),
    holds: ({ request }) => request.reasoning?.effort !== undefined && efforts.includes(request.reasoning.effort),
    found: ({ request }) => request.reasoning?.effort ?? 'none',
  }
}

/** Whether there are tools, or one of such a name. */
export function toolsCondition(wanted: boolean | readonly Pattern[]): Condition {
  return {
    name: 'tools',
    wanted: typeof wanted === 'boolean' ? String(wanted) : oneOf(wanted),
    holds({ request: { tools } }) {
      if (typeof wanted === 'boolean') return tools.length > 0 === wanted
      return tools.some((tool) => matchesAny(wanted, tool.name))
    },
    found: ({ request: { tools } }) => (tools.length === 0 ? 'none' : `${tools.length} of them`),
  }
}

export function timeCondition(spans: readonly TimeSpan[]): Condition {
  return {
    name: 'time',
    wanted: spans.map(({ text }) => text).join(' or '),
    holds: ({ now }) => spans.some((span) => span.includes(now)),
    found: ({ now }) => spans.map((span) => span.clock(now)).join(', '),
  }
}

export function projectCondition(folders: readonly Pattern[]): Condition {
  return {
    name: 'project',
    wanted: oneOf(folders),
    holds: ({ project }) => project !== undefined && matchesAny(folders, project),
    found: ({ project }) => (project === undefined ? 'not told' : quote(project)),
  }
}

export function imagesCondition(wanted: boolean): Condition {
  return {
    name: 'images',
    wanted: String(wanted),
    holds: ({ hasImages }) => hasImages === wanted,
    found: ({ hasImages }) => (hasImages ? 'some' : 'none'),
  }
}

/** What the user wrote last. */
export function promptCondition(patterns: readonly Pattern[]): Condition {
  return textCondition('prompt', patterns, ({ prompt }) => prompt)
}

export function systemCondition(patterns: readonly Pattern[]): Condition {
  return textCondition('system', patterns, ({ request }) => request.system)
}

/** By the size of the request alone: who counted before makes no difference, so that nothing goes to and fro. */
export function tokensCondition({ above = -1, below = Infinity }: { above?: number; below?: number }): Condition {
  const bounds = [...(above >= 0 ? [`above ${above}`] : []), ...(below < Infinity ? [`below ${below}`] : [])]
  return {
    name: 'tokens',
    wanted: bounds.join(' and '),
    holds: ({ estimated }) => estimated > above && estimated < below,
    found: ({ estimated }) => `about ${estimated}`,
  }
}

/** Holds where not all of `conditions` do. */
export function notCondition(conditions: readonly Condition[]): Condition {
  return {
    name: 'not',
    wanted: conditions.map(({ name, wanted }) => `${name} ${wanted}`).join(' and '),
    holds: (facts) => !conditions.every((condition) => condition.holds(facts)),
    found: (facts) => conditions.map((each) => `${each.name} ${each.found(facts, each.holds(facts))}`).join(', '),
  }
}

function textCondition(
  name: ConditionName,
  patterns: readonly Pattern[],
  textsOf: (facts: Facts) => readonly { readonly text: string }[],
): Condition {
  return {
    name,
    wanted: oneOf(patterns),
    holds: (facts) => textsOf(facts).some(({ text }) => matchesAny(patterns, text)),
    found: (_facts, holds) => (holds ? 'holds it' : 'no such words'),
  }
}

function matchesAny(patterns: readonly Pattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.matches(text))
}

function oneOf(patterns: readonly Pattern[]): string {
  return patterns.map(({ text }) => quote(text)).join(' or ')
}
