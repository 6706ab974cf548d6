import type { Provider } from '../provider/provider.ts'
import type { Call } from './call.ts'

/** Gives the provider with the key that was chosen for the call, and with the deadlines of its rule. */
export function createAsking(): (provider: Provider, call: Call) => Provider {
  // What follows from a row is remembered by the row: the same key must give the same one.
  const byKey = new WeakMap<Provider, Map<string, Provider>>()
  const withKey = (provider: Provider, apiKey: string): Provider => {
    const known = byKey.get(provider) ?? new Map<string, Provider>()
    byKey.set(provider, known)
    const keyed = known.get(apiKey) ?? { ...provider, apiKey }
    known.set(apiKey, keyed)
    return keyed
  }
  return (provider, { key, care }) => {
    const keyed = key?.provider === provider.name ? withKey(provider, key.show()) : provider
    return care?.deadlines ? { ...keyed, deadlines: { ...keyed.deadlines, ...care.deadlines } } : keyed
  }
}
