import type { JsonObject } from '../canonical/json.ts'
import { addressed } from '../provider/addressing.ts'
import type { Endpoint } from '../provider/provider.ts'

/** A request whose address and body may still be edited. */
interface Addressable {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  readonly text: () => string
}

/** The request with the path, headers and body that the endpoint wants; the very same one where they are the protocol's own. */
export function atAddress<R extends Addressable>(request: R, { addressing }: Endpoint, model: string): R {
  if (addressing === undefined) return request
  const { path, headers, body } = addressed(request, addressing, model)
  const text = body === request.body ? request.text : (): string => JSON.stringify(body)
  return { ...request, path, headers, body, text }
}
