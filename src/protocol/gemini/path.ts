/** What a path asks of a model: `/models/{model}:{action}`. */
export interface ModelPath {
  readonly model: string
  readonly action: string
}

/**
 * Reads a path below the version (`/models/gemini-x:generateContent`); `undefined` if it names no action. The model may
 * hold slashes, commas and colons, percent-encoded or not. Vertex's `publishers/google/models/x` means `x`, and another
 * publisher's model is `publisher/x`, as Google's SDK writes them.
 */
export function readPath(path: string): ModelPath | undefined {
  const match = ACTION.exec(path)
  const [, name, action] = match ?? []
  return name === undefined || action === undefined ? undefined : { model: modelOf(decoded(name)), action }
}

/** The path at which `model` is asked for `action`. */
export function pathOf(model: string, action: string): string {
  const named = /^(models|tunedModels|publishers|projects)\//.test(model) ? model : `models/${model}`
  return `/${named.split('/').map(encodeURIComponent).join('/')}:${action}`
}

const ACTION = /^\/*(.+?)(?::|%3a)([A-Za-z]+)$/i
const OF_PUBLISHER = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/([^/]+)\/models\/(.+)$/

function modelOf(name: string): string {
  const [, publisher, model] = OF_PUBLISHER.exec(name) ?? []
  if (model !== undefined) return publisher === 'google' ? model : `${publisher}/${model}`
  return name.startsWith('models/') ? name.slice('models/'.length) : name
}

/** Percent-encoded text as it was meant. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A bare percent sign: the name as it stands.
    return text
  }
}
