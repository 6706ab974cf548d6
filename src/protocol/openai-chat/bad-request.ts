import { ModelError } from '../../canonical/error.ts'

/** The error for a request that cannot be read. */
export function badRequest(field: string, why: string): ModelError {
  return new ModelError(`The request cannot be read: "${field}": ${why}`, { kind: 'bad-request', param: field })
}
