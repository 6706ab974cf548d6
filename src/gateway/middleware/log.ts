import type { LogLevel, Ports } from '../../platform/ports.ts'
import type { CallRecord } from '../../store/usage-store.ts'
import type { Call } from '../call.ts'
import type { Outcome } from '../respond.ts'
import { RUN_HEADER } from '../run-header.ts'

/** Writes the one line and the one record of a finished call. Never a text of the conversation, never a key. */
export function logCall(call: Call, outcome: Outcome, ports: Ports): void {
  const record = recordOf(call, outcome, ports.now())
  ports.usage.record(record)
  const level = levelOf(outcome, record)
  if (ports.log.isOn?.(level) !== false) ports.log(level, 'call', lineOf(record, call))
  const cause = outcome.error?.details.cause
  if (cause !== undefined && outcome.error?.kind === 'server') {
    ports.log('error', 'an error inside the router', { call: call.id, error: stackOf(cause) })
  }
}

function lineOf({ id, startedAt: _startedAt, ...fields }: CallRecord, { trace: { dropped, warnings } }: Call) {
  return { call: id, ...fields, ...(dropped.length > 0 && { dropped }), ...(warnings.length > 0 && { warnings }) }
}

function levelOf(outcome: Outcome, record: CallRecord): LogLevel {
  if (outcome.error?.kind === 'aborted') return 'info'
  return record.error === undefined ? 'info' : 'warn'
}

function recordOf(call: Call, { status, error = call.trace.failure }: Outcome, now: number): CallRecord {
  const { trace, wire, request } = call
  const { headers } = wire
  const { startedAt, firstTokenAt, attempts } = trace
  return {
    id: call.id,
    startedAt,
    durationMs: now - startedAt,
    firstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - startedAt,
    client: headers['user-agent'],
    session: trace.session,
    run: runOf(headers[RUN_HEADER]),
    key: call.keyLabel,
    requested: request.model,
    provider: trace.target?.provider,
    model: trace.target?.model,
    answered: trace.answered,
    route: trace.route,
    reason: trace.reason,
    usage: trace.usage,
    finish: trace.finish,
    status,
    error: error && `${error.kind}: ${error.message}`,
    fallback: trace.fallback ?? false,
    // One attempt is what the record itself says.
    attempts: attempts.length > 1 ? attempts : undefined,
    stream: request.stream,
    relayed: trace.relayed,
    cached: trace.isCached || undefined,
  }
}

function runOf(run: string | undefined): string | undefined {
  return run !== undefined && /^[\w-]{8,64}$/.test(run) ? run : undefined
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
