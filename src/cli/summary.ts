import { promptTokens } from '../canonical/usage.ts'
import type { CallRecord, UsageStore } from '../store/usage-store.ts'

/** Adds calls up, however many there are. */
export interface Tally extends UsageStore {
  calls(): number
  /** One line: which models answered, what it took, what failed. Nothing if there was no call. */
  line(): string | undefined
}

/** A tally of no calls. */
export function createTally(): Tally {
  const models = new Map<string, number>()
  const sum = { calls: 0, input: 0, cached: 0, output: 0, fallbacks: 0, failed: 0 }
  return {
    record({ provider, model, usage = {}, fallback, error }: CallRecord) {
      const name = `${provider},${model}`
      if (provider !== undefined && model !== undefined) models.set(name, (models.get(name) ?? 0) + 1)
      sum.calls++
      sum.input += promptTokens(usage)
      sum.cached += usage.cacheRead ?? 0
      sum.output += usage.output ?? 0
      if (fallback) sum.fallbacks++
      if (error !== undefined) sum.failed++
    },
    calls: () => sum.calls,
    line() {
      if (sum.calls === 0) return undefined
      const names = [...models].map(([name, count]) => `${name} (${count})`)
      const cached = sum.cached > 0 ? ` (${readable(sum.cached)} from cache)` : ''
      return [
        `ccr: ${names.join(', ') || 'no model answered'}`,
        `${readable(sum.input)} tokens in${cached}, ${readable(sum.output)} out`,
        ...(sum.fallbacks > 0 ? [`${sum.fallbacks} by fallback`] : []),
        ...(sum.failed > 0 ? [`${sum.failed} failed`] : []),
      ].join(' · ')
    },
  }
}

function readable(count: number): string {
  return count.toLocaleString('en-US')
}
