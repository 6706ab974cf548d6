import { redact, secretsOf } from '../gateway/redact.ts'
import type { Log } from '../platform/ports.ts'
import type { Provider } from '../provider/provider.ts'

/** `log`, whatever it is given, without the keys of the config: an error of the system or of a provider may repeat one. */
export function redactedLog(log: Log, providers: readonly Provider[], ...keys: readonly (string | undefined)[]): Log {
  const secrets = [
    ...new Set([...providers.flatMap((provider) => secretsOf(provider)), ...keys.flatMap((key) => key || [])]),
  ]
    // One may be a part of another.
    .toSorted((one, other) => other.length - one.length)
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value, secrets)
    if (Array.isArray(value)) return value.map(clean)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner)]))
  }
  const isOn = log.isOn ?? (() => true)
  const write: Log = (level, message, fields) => {
    // Nearly every call is told in lines that nobody has asked for.
    if (isOn(level))
      log(level, redact(message, secrets), fields && (clean(fields) as Readonly<Record<string, unknown>>))
  }
  return Object.assign(write, { isOn })
}
