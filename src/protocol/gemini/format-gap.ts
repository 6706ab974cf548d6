import type { ModelRequest } from '../../canonical/request.ts'
import type { FormatGap, Target } from '../protocol.ts'
import { isGemini3 } from './model.ts'
import { ID } from './residue.ts'

/** Before Gemini 3 the format of an answer and tools exclude each other. */
export function formatGap(request: ModelRequest, { model, traits }: Target): FormatGap | undefined {
  if (!request.outputFormat) return undefined
  const isOurs = request.native?.protocol === ID
  const excludes = !isOurs && request.tools.length > 0 && !isGemini3(model)
  const { outputFormats: known } = traits
  if (known === undefined ? !excludes : known === 'json' && request.outputFormat.type === 'json') return undefined
  return { forcesTools: true, takesJson: !excludes && known === 'json' }
}
