import type { LogLevel, Ports } from '../../platform/ports.ts'
import type { CallRecord } from '../../store/usage-store.ts'
import type { Call } from '../call.ts'
import type { Outcome } from '../respond.ts'
import { RUN_HEADER } from '../run-header.ts'

/** Writes the one line and the one record of a finished call. Never a text of the conversation, never a key. */
export function logCall(call: Call, outcome: Outcome, ports: Ports): void {
  const record = recordOf(call, outcome, ports.now())
  ports.usage.record(record)
  const { id: call_id, startedAt: _, ...fields } = record
  ports.log(levelOf(outcome, record), 'call', {
    call: call_id,
    ...fields,
    ...(call.trace.dropped.length > 0 && { dropped: call.trace.dropped }),
    ...(call.trace.warnings.length > 0 && { warnings: call.trace.warnings }),
  })
  const cause = outcome.error?.details.cause
  if (cause !== undefined && outcome.error?.kind === 'server') {
    ports.log('error', 'an error inside the router', { call: call_id, error: stackOf(cause) })
  }
}

function levelOf(outcome: Outcome, record: CallRecord): LogLevel {
  if (outcome.error?.kind === 'aborted') return 'info'
  return record.error === undefined ? 'info' : 'warn'
}

function recordOf(call: Call, outcome: Outcome, now: number): CallRecord {
  const { trace } = call
  const client = call.wire.headers['user-agent']
  return {
    id: call.id,
    startedAt: trace.startedAt,
    durationMs: now - trace.startedAt,
    ...(trace.firstTokenAt !== undefined && { firstTokenMs: trace.firstTokenAt - trace.startedAt }),
    ...(client !== undefined && { client }),
    ...(trace.session !== undefined && { session: trace.session }),
    ...runOf(call.wire.headers[RUN_HEADER]),
    ...(call.keyLabel !== undefined && { key: call.keyLabel }),
    requested: call.request.model,
    ...trace.target,
    ...(trace.answered !== undefined && { answered: trace.answered }),
    ...(trace.route !== undefined && { route: trace.route }),
    ...(trace.reason !== undefined && { reason: trace.reason }),
    ...(trace.usage && { usage: trace.usage }),
    ...(trace.finish !== undefined && { finish: trace.finish }),
    status: outcome.status,
    ...errorOf(call, outcome),
    fallback: trace.fallback ?? false,
    // One attempt is what the record itself says.
    ...(trace.attempts.length > 1 && { attempts: trace.attempts }),
    stream: call.request.stream,
    relayed: trace.relayed,
    ...(trace.isCached && { cached: true }),
  }
}

function runOf(run: string | undefined): { run?: string } {
  return run !== undefined && /^[\w-]{8,64}$/.test(run) ? { run } : {}
}

function errorOf(call: Call, outcome: Outcome): { error?: string } {
  const error = outcome.error ?? call.trace.failure
  return error ? { error: `${error.kind}: ${error.message}` } : {}
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
