import type { Signer } from './signer.ts'

/** Shows the key as it is, in the header `name`. */
export function keyHeader(name: string, scheme = ''): Signer {
  return (_request, { key }) => (key === undefined ? undefined : { headers: { [name]: scheme + key }, secrets: [] })
}
