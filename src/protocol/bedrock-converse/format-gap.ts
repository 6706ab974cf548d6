import type { ModelRequest } from '../../canonical/request.ts'
import type { FormatGap, Target } from '../protocol.ts'
import { familyOf, takesSchemas } from './model.ts'

/** Converse knows a format only with a schema, and only of some models. */
export function formatGap({ outputFormat }: ModelRequest, { model, traits }: Target): FormatGap | undefined {
  if (!outputFormat) return undefined
  if (outputFormat.type === 'json-schema' && takesSchemas(model) && traits.outputFormats === undefined) return undefined
  const family = familyOf(model)
  return { forcesTools: family !== 'llama' && family !== 'cohere', takesJson: false }
}
