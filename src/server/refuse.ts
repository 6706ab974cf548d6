import { ModelError, type ErrorKind } from '../canonical/error.ts'
import { protocolOf } from '../gateway/gateway.ts'
import { operationOf } from '../gateway/paths.ts'
import { errorResponse } from '../gateway/respond.ts'

/** Says no before the gateway sees the request, in the protocol of the path that was asked. */
export function refuse(request: Request, path: string, kind: ErrorKind, message: string, status?: number): Response {
  return errorResponse(
    protocolOf(operationOf(path), request.headers),
    new ModelError(message, { kind, ...(status !== undefined && { status }) }),
  )
}
