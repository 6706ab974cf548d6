import { isObject } from '../../canonical/json.ts'
import type { DialectMaker } from '../dialect.ts'
import { editBody, setFields } from './body.ts'

/** `streamoptions`: a stream shall tell its usage. */
export const streamoptions: DialectMaker = () => ({
  request: editBody((body, protocol) => {
    if (protocol !== 'openai-chat' || body['stream'] !== true) return body
    const own = body['stream_options']
    return setFields(body, { stream_options: setFields(isObject(own) ? own : {}, { include_usage: true }) })
  }),
})
