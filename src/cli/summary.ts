import { promptTokens } from '../canonical/usage.ts'
import type { CallRecord } from '../store/usage-store.ts'

/** One line about the calls of a run: which models answered, what it took, what failed. Nothing if there were none. */
export function summarize(calls: readonly CallRecord[]): string | undefined {
  if (calls.length === 0) return undefined
  const models = new Map<string, number>()
  for (const { provider, model } of calls) {
    if (provider === undefined || model === undefined) continue
    models.set(`${provider},${model}`, (models.get(`${provider},${model}`) ?? 0) + 1)
  }
  const input = sum(calls.map(({ usage }) => (usage ? promptTokens(usage) : 0)))
  const cached = sum(calls.map(({ usage }) => usage?.cacheRead ?? 0))
  const output = sum(calls.map(({ usage }) => usage?.output ?? 0))
  const fallbacks = calls.filter(({ fallback }) => fallback).length
  const failed = calls.filter(({ error }) => error !== undefined).length
  return [
    `ccr: ${[...models].map(([name, count]) => `${name} (${count})`).join(', ') || 'no model answered'}`,
    `${readable(input)} tokens in${cached > 0 ? ` (${readable(cached)} from cache)` : ''}, ${readable(output)} out`,
    ...(fallbacks > 0 ? [`${fallbacks} by fallback`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(' · ')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function readable(number: number): string {
  return number.toLocaleString('en-US')
}
