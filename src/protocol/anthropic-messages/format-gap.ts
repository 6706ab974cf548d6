import type { ModelRequest } from '../../canonical/request.ts'
import { isSince45 } from '../claude-version.ts'
import type { FormatGap, Target } from '../protocol.ts'
import { ID } from './residue.ts'

/** Anthropic knows a format only with a schema, and only of newer models of its own; others that speak its protocol mostly pass it over. */
export function formatGap({ outputFormat, native }: ModelRequest, { model, traits }: Target): FormatGap | undefined {
  if (!outputFormat) return undefined
  const isKnown = native?.protocol === ID || isSince45(model)
  const isTaken = outputFormat.type === 'json-schema' && isKnown && traits.outputFormats === undefined
  return isTaken ? undefined : { forcesTools: traits.toolChoice !== 'auto', takesJson: false }
}
