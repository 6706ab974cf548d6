/** A store of the entries used last. */
export interface Memory<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  isEmpty(): boolean
  /** All of them, the one used last at the end. */
  entries(): IterableIterator<[string, Value]>
}

/** Keeps at most `limit` entries; those that were not used for longest go first. */
export function createMemory<Value>(limit: number): Memory<Value> {
  const entries = new Map<string, Value>()
  let last: string | undefined
  const put = (key: string, value: Value): void => {
    // What was used last stands last already.
    if (key !== last) entries.delete(key)
    last = key
    entries.set(key, value)
  }
  return {
    get(key) {
      if (entries.size === 0) return undefined
      const value = entries.get(key)
      if (value !== undefined && key !== last) put(key, value)
      return value
    },
    set(key, value) {
      put(key, value)
      if (entries.size <= limit) return
      const oldest = entries.keys().next().value
      if (oldest !== undefined) entries.delete(oldest)
    },
    isEmpty: () => entries.size === 0,
    entries: () => entries.entries(),
  }
}
