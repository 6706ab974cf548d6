import type { Signer } from './signer.ts'

/** The header in which a key is shown as it is. */
export type KeyHeader = (key: string) => Readonly<Record<string, string>>

export function keyHeader(name: string, scheme = ''): KeyHeader {
  return (key) => ({ [name]: scheme + key })
}

/** Proves who calls by nothing but the header of a key. */
export function byKeyHeader(show: KeyHeader): Signer {
  return (_request, { key }) => (key === undefined ? undefined : { headers: show(key), secrets: [] })
}
