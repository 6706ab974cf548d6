import { asString, isObject, type JsonObject } from '../../canonical/json.ts'
import { restFor } from '../../canonical/native.ts'
import type { ModelRequest } from '../../canonical/request.ts'
import type { RequestState } from '../protocol.ts'
import { formOf, ID } from './residue.ts'

/** What of a Responses client's request its provider keeps. A response is kept unless the client says otherwise. */
export function stateOf(request: ModelRequest): RequestState | undefined {
  const rest = restFor(request.native, ID)
  if (!rest) return undefined
  const previous = asString(rest.previous_response_id)
  const conversation = conversationOf(rest)
  const { empty } = formOf(request)
  const isKept = !(isObject(empty) && empty.store === false)
  const isWrapped = formOf(request).unpacked === true
  if (!previous && !conversation && !isKept && !isWrapped) return undefined
  return { ...(previous && { previous }), ...(conversation && { conversation }), isKept, isWrapped }
}

function conversationOf({ conversation }: JsonObject): string | undefined {
  return isObject(conversation) ? asString(conversation.id) : asString(conversation)
}
