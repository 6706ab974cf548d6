/** A template as a pattern of all that it can become; the parameters are its groups. */
export function patternOf(template: string): RegExp {
  const seen = new Set<string>()
  const source = template
    .replaceAll(/[.*+?^$|()\\]/g, String.raw`\$&`)
    .replaceAll('[', '(?:')
    .replaceAll(']', ')?')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (seen.has(name)) return String.raw`\k<${name}>`
      seen.add(name)
      return `(?<${name}>[^/.]+)`
    })
  return new RegExp(`^${source}$`, 'i')
}
