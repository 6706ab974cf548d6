import { asString, isObject, type JsonObject } from '../canonical/json.ts'
import type { CatalogRow } from '../provider/catalog/row.ts'
import type { Reach, Wanted } from './reach.ts'
import { didYouMean } from './suggest.ts'

/** Scheme and host that stand in for the catalog's. `undefined`: it was told what is wrong. */
export function readOrigin({ fields, tell }: Wanted): { readonly origin?: string } | undefined {
  const written = asString(fields['origin'])?.trim()
  if (!written) return {}
  const url = URL.parse(written)
  const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && !url.username
  if (isPlain) return { origin: url.origin }
  tell('origin', 'expected scheme and host alone, `https://host`', 'write a URL with a path as `api_base_url`')
  return undefined
}

/** The reach with what whoever signs must know: where, and with what. */
export function withSigning({ fields }: Wanted, reach: Reach | undefined): Reach | undefined {
  const stated = Object.entries(statedParameters(fields)).flatMap(([name, value]) => {
    const text = asString(value)?.trim()
    return text ? [[name, text] as const] : []
  })
  if (!reach || stated.length === 0) return reach
  const [first, ...rest] = reach.endpoints.map((endpoint) =>
    endpoint.auth === 'aws-sigv4'
      ? { ...endpoint, authOptions: { ...endpoint.authOptions, ...Object.fromEntries(stated) } }
      : endpoint,
  )
  return first ? { ...reach, endpoints: [first, ...rest] } : reach
}

function statedParameters(fields: JsonObject): JsonObject {
  const region = asString(fields['region'])?.trim()
  return { ...(region && { region }), ...(isObject(fields['parameters']) && fields['parameters']) }
}

/** What stands in the places of a row's URLs. */
export interface Parameters {
  readonly values: Readonly<Record<string, string>>
  /** Those that the entry does not say itself, and where they come from. */
  readonly sources: readonly string[]
}

/** The values of a row's parameters: the entry's own, else those of the environment, else the usual ones. */
export function readParameters({ fields, env, tell }: Wanted, row: CatalogRow): Parameters {
  const stated = statedParameters(fields)
  const parameters = Object.entries(row.parameters ?? {}).filter(([, { from }]) => from === undefined)
  const names = parameters.map(([name]) => name)
  for (const name of Object.keys(stated).filter((each) => !names.includes(each))) {
    const choices = names.length > 0 ? `it has ${names.map((each) => `\`${each}\``).join(', ')}` : 'it has none'
    tell(['parameters', name], `${row.title} has no parameter \`${name}\``, didYouMean(name, names) ?? choices)
  }
  const values: Record<string, string> = {}
  const sources: string[] = []
  for (const [name, parameter] of parameters) {
    const own = asString(stated[name])?.trim()
    const variable = parameter.variables?.find((each) => env[each]?.trim())
    const value = own || (variable && env[variable]?.trim()) || parameter.default
    if (value === undefined) continue
    values[name] = value
    if (!own) sources.push(`${name} ${value}${variable ? ` from ${placeOf(variable)}` : ''}`)
  }
  return { values, sources }
}

/** Tells what a parameter is that has no value, and the ways to give it one. */
export function tellMissing({ tell }: Wanted, row: CatalogRow, name: string): void {
  const { what = '', variables = [] } = row.parameters?.[name] ?? {}
  const ways = [`add \`"parameters": { "${name}": "…" }\``, ...variables.slice(0, 1).map((each) => `set ${each}`)]
  tell(undefined, `${row.title} needs ${what}`, ways.join(', or '))
}

/** A variable as a shell writes it. */
function placeOf(variable: string): string {
  return /^[A-Z_]+$/.test(variable) ? `$${variable}` : variable
}
