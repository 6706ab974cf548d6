import type { ModelRequest } from '../../canonical/request.ts'
import type { FormatGap, Target } from '../protocol.ts'

/** OpenAI knows every format; of those that speak its protocols some know no schema, and some no format at all. */
export function formatGap({ outputFormat }: ModelRequest, { traits }: Target): FormatGap | undefined {
  const { outputFormats: known } = traits
  if (!outputFormat || known === undefined) return undefined
  if (known === 'json' && outputFormat.type === 'json') return undefined
  return { forcesTools: traits.toolChoice !== 'auto', takesJson: known === 'json' }
}
