import { ModelError } from '../../canonical/error.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { ExplainedStep, Explanation } from '../../gateway/explain.ts'
import type { Facts } from '../../router/facts.ts'
import { nameOfTarget } from '../../router/model-name.ts'

/** An explanation for people. */
export function asText({ selection, steps, facts }: Explanation): string {
  const lines = selection instanceof ModelError ? refusedLines(selection, steps) : chosenLines(selection)
  const rest = steps.filter(({ outcome }) => outcome !== 'chosen' && outcome !== 'refused').filter(isTold)
  const shadows = rest.filter(({ outcome }) => outcome === 'shadow')
  const failed = rest.filter(({ outcome }) => outcome === 'no')
  const behind = rest.filter(({ outcome }) => outcome === 'behind')
  return [
    ...lines,
    ...section('only told, as a shadow:', shadows.map(withTarget)),
    ...section('what does not choose:', failed.map(row)),
    ...section('what would choose, but comes later:', behind.map(withTarget)),
    ...section('the request:', factRows(facts)),
  ].join('\n')
}

/** An explanation for programs. */
export function asJson({ selection, steps, facts }: Explanation): JsonObject {
  const told = steps.map(({ target, ...step }) => ({ ...step, ...(target && { target: nameOfTarget(target) }) }))
  const request = Object.fromEntries(factRows(facts)) as JsonObject
  if (selection instanceof ModelError)
    return { error: { status: selection.status, message: selection.message }, steps: told, request }
  const { target, fallbacks, route, reason, warnings } = selection
  return {
    target: nameOfTarget(target),
    fallbacks: fallbacks.map(nameOfTarget),
    route,
    reason,
    warnings: [...warnings],
    steps: told,
    request,
  }
}

type Row = readonly [string, string]

function chosenLines({ target, fallbacks, route, reason, warnings }: Exclude<Explanation['selection'], ModelError>) {
  return [
    nameOfTarget(target),
    `  chosen by ${route}: ${reason}`,
    ...(fallbacks.length > 0 ? [`  if it fails: ${fallbacks.map(nameOfTarget).join(', then ')}`] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ]
}

function refusedLines({ message }: ModelError, steps: readonly ExplainedStep[]): string[] {
  const chosen = steps.filter(({ outcome }) => outcome === 'chosen')
  return [`refused: ${message}`, ...chosen.map(({ name, why }) => `  chosen by ${name}: ${why}`)]
}

/** What is not configured says nothing. */
function isTold({ outcome, why }: ExplainedStep): boolean {
  return outcome !== 'no' || why !== 'it has no target'
}

function row({ name, why }: ExplainedStep): Row {
  return [name, why]
}

function withTarget({ name, why, target }: ExplainedStep): Row {
  return [name, target ? `${nameOfTarget(target)}: ${why}` : why]
}

function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)]
}

function factRows(facts: Facts): Row[] {
  const { request, client, sessionId, project, keyLabel, thinking, hasImages } = facts
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['model', request.model || undefined],
    ['client', client && `${client.name} ${client.version ?? ''}`.trim()],
    ['tokens', `about ${facts.estimated}`],
    ['session', sessionId],
    ['project', project],
    ['key', keyLabel],
    ['tools', request.tools.length === 0 ? undefined : String(request.tools.length)],
    ['images', hasImages ? 'yes' : undefined],
    ['thinking', thinking],
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}
