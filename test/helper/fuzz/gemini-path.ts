type Fields = Readonly<Record<string, unknown>>

/** What of an answer a Gemini client could not take: a chunk that is none, a stream without its end, an error without its shape. */
export function geminiFaults(response: Response, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  if (!response.headers.get('content-type')?.includes('event-stream')) return wholeFaults(response, text)
  const events = text.split('\n\n').filter(Boolean)
  const faults = events
    .filter((event) => !event.startsWith('data: {'))
    .map((event) => `no chunk: ${event.slice(0, 200)}`)
  const last = events.at(-1) ?? ''
  return last.includes('"finishReason"') || last.includes('"error"')
    ? faults
    : [...faults, `no end: ${last.slice(-200)}`]
}

/** The same for `countTokens`. */
export function geminiCountFaults(response: Response, bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  if (!response.ok) return wholeFaults(response, text)
  const { totalTokens } = JSON.parse(text) as Fields
  return Number.isInteger(totalTokens) ? [] : [`no count: ${text.slice(0, 200)}`]
}

function wholeFaults(response: Response, text: string): string[] {
  const body = [JSON.parse(text) as unknown].flat()
  if (response.ok) return body.every(isAnswer) ? [] : [`no reply: ${text.slice(0, 200)}`]
  const { error } = body[0] as { error?: Fields }
  const isError =
    typeof error?.message === 'string' && error.code === response.status && typeof error.status === 'string'
  return isError && response.status !== 500 ? [] : [`no error: ${text.slice(0, 200)}`]
}

function isAnswer(value: unknown): boolean {
  const { candidates, embeddings, error, promptFeedback } = value as Fields
  return Array.isArray(candidates ?? embeddings) || typeof error === 'object' || typeof promptFeedback === 'object'
}
