/** The one name by which a tool of a namespace goes where there are none. */
export function flatName(namespace: string | undefined, name: string): string {
  if (!namespace) return name
  return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`
}
