import type { HttpReply } from '../../platform/ports.ts'

/** A body as text; nothing if it is longer than `most` bytes. */
export async function readWithin(response: HttpReply, most: number): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    const { done, value } = await reader.read()
    if (done || !value) return text + decoder.decode()
    bytes += value.length
    if (bytes > most) {
      // The connection may be gone already: then there is nothing left to cancel.
      reader.cancel().catch(() => undefined)
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
