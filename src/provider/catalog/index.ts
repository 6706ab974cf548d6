import type { CatalogRow } from './row.ts'
import { chineseVendors } from './chinese-vendors.ts'
import { clouds } from './clouds.ts'
import { gateways } from './gateways.ts'
import { hosts } from './hosts.ts'
import { local } from './local.ts'
import { vendors } from './vendors.ts'

/** Everybody who is known by name, in the order in which people are asked. */
export const catalog: readonly CatalogRow[] = [
  ...vendors,
  ...chineseVendors,
  ...hosts,
  ...gateways,
  ...clouds,
  ...local,
]

/** The row that a name means; spelling with `-`, `_`, `.`, blanks or capitals does not matter. */
export function rowNamed(name: string): CatalogRow | undefined {
  const plain = plainName(name)
  return catalog.find((row) => [row.name, ...(row.aliases ?? [])].some((each) => plainName(each) === plain))
}

/** Every name and alias, as they are written. */
export function catalogNames(): string[] {
  return catalog.flatMap(({ name, aliases = [] }) => [name, ...aliases])
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s]/g, '')
}
