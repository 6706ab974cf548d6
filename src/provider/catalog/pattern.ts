import type { CatalogRow } from './row.ts'

/** A template as a pattern of all that it can become; the parameters are its groups, but for those that follow from others. */
export function patternOf(template: string, parameters: CatalogRow['parameters'] = {}): RegExp {
  const seen = new Set<string>()
  const source = escaped(template)
    .replaceAll('[', '(?:')
    .replaceAll(']', ')?')
    .replaceAll(place, (_, name: string) => {
      const { from } = parameters[name] ?? {}
      if (from) return `(?:${[...Object.values(from.known), from.otherwise].map(anyOf).join('|')})`
      if (seen.has(name)) return String.raw`\k<${name}>`
      seen.add(name)
      return `(?<${name}>${VALUE})`
    })
  return new RegExp(`^${source}$`, 'i')
}

const place = /\{(\w+)\}/g
const VALUE = '[^/.]+'

function escaped(template: string): string {
  return template.replaceAll(/[.*+?^$|()\\]/g, String.raw`\$&`)
}

function anyOf(template: string): string {
  return escaped(template).replaceAll(place, VALUE)
}
