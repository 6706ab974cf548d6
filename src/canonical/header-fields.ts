/** The headers of an answer by lower-case name, as `Headers` and a `Map` have them. */
export interface HeaderFields extends Iterable<[name: string, value: string]> {
  get(name: string): string | null | undefined
  has(name: string): boolean
  keys(): Iterable<string>
  forEach(each: (value: string, name: string) => void): void
}
