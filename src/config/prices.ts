import type { Json } from '../canonical/json.ts'
import { asNumber, isObject } from '../canonical/json.ts'
import { namePattern } from '../router/pattern.ts'
import type { Price, Prices } from '../router/price.ts'
import { PatternError } from '../router/regex/node.ts'
import type { Problem } from './diagnostic.ts'
import { pathText } from './place.ts'

/** What models cost: names as they are before patterns, else in the order of the file. */
export function readPrices(section: Json | undefined, problems: Problem[]): Prices {
  if (!isObject(section)) return []
  const isPattern = (name: string): number => Number(/[*?]|^\/.*\/$/.test(name))
  const names = Object.keys(section).toSorted((one, other) => isPattern(one) - isPattern(other))
  return names.flatMap((name) => {
    const price = priceOf(section[name])
    try {
      return price ? [{ pattern: namePattern(name), price }] : []
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      const path = ['prices', name]
      problems.push({ severity: 'error', path, atKey: true, message: `\`${pathText(path)}\`: ${error.message}` })
      return []
    }
  })
}

function priceOf(value: Json | undefined): Price | undefined {
  if (!isObject(value)) return undefined
  const [input, output] = [asNumber(value['input']), asNumber(value['output'])]
  const [cacheRead, cacheWrite] = [asNumber(value['cacheRead']), asNumber(value['cacheWrite'])]
  if (input === undefined || output === undefined) return undefined
  return {
    input,
    output,
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
  }
}
