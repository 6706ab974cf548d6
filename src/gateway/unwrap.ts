import type { ProtocolId } from '../canonical/native.ts'
import { decodeEventStream } from '../protocol/framing/aws-eventstream.ts'
import { decodeSse } from '../protocol/framing/sse.ts'
import type { Endpoint } from '../provider/provider.ts'
import { asAnthropicStream } from './invoke-stream.ts'
import type { Incoming } from './send.ts'
import type { Respondent } from './source.ts'

/** An answer as the endpoint's protocol knows it, where the endpoint wraps it in another. */
export function unwrapped(incoming: Incoming, { addressing }: Endpoint, who: Respondent): Incoming {
  if (addressing !== 'bedrock-invoke' || incoming.framing !== decodeEventStream) return incoming
  return { ...incoming, source: asAnthropicStream(incoming.source, who), framing: decodeSse }
}

/** In whose words an endpoint refuses. */
export function errorProtocol({ protocol, addressing }: Endpoint): ProtocolId {
  return addressing === 'bedrock-invoke' ? 'bedrock-converse' : protocol
}
