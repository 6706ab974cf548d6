import type { CallRecord, UsageStore } from './usage-store.ts'

/** Keeps the newest `limit` calls of this process. */
export function createMemoryStore(limit = 1000): UsageStore & { readonly calls: readonly CallRecord[] } {
  const calls: CallRecord[] = []
  return {
    calls,
    record(call) {
      calls.push(call)
      if (calls.length > limit) calls.shift()
    },
  }
}
