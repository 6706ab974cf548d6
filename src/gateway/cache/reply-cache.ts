import type { ModelReply } from '../../canonical/reply.ts'
import type { Ports } from '../../platform/ports.ts'
import type { KeptReply } from '../../store/reply-store.ts'

/** What of answers is kept. */
export interface CacheSettings {
  readonly ttlMs: number
  /** In memory, in characters of JSON. */
  readonly mostCharacters: number
  /** Names of rules and scenarios whose answers are not kept. */
  readonly except: readonly string[]
}

export interface ReplyCache {
  get(key: string): ModelReply | undefined
  set(key: string, reply: ModelReply): void
}

/** Answers by key: those used last in memory, all that are not too old where the state is kept. */
export function createReplyCache(
  { ttlMs, mostCharacters }: CacheSettings,
  { now, replies }: Pick<Ports, 'now' | 'replies'>,
): ReplyCache {
  const entries = new Map<string, KeptReply>()
  let characters = 0
  const forget = (key: string): void => {
    characters -= entries.get(key)?.text.length ?? 0
    entries.delete(key)
  }
  const keep = (key: string, kept: KeptReply): void => {
    forget(key)
    entries.set(key, kept)
    characters += kept.text.length
    for (const oldest of entries.keys()) {
      if (characters <= mostCharacters) return
      forget(oldest)
    }
  }
  return {
    get(key) {
      const kept = entries.get(key) ?? replies?.get(key)
      if (!kept) return undefined
      if (kept.expiresAt <= now()) {
        forget(key)
        return undefined
      }
      keep(key, kept)
      return JSON.parse(kept.text) as ModelReply
    },
    set(key, reply) {
      const kept = { text: JSON.stringify(reply), expiresAt: now() + ttlMs }
      keep(key, kept)
      replies?.set(key, kept)
    },
  }
}
