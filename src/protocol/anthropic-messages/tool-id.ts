const plain = /^[a-zA-Z0-9_-]+$/
const mark = 'ccrx-'

/**
 * A tool call's id in the letters that Anthropic accepts (`^[a-zA-Z0-9_-]+$`). Others are spelt so that
 * `fromToolId` finds them again: some providers want their own ids (`functions.read:0`) back.
 */
export function toToolId(id: string): string {
  if (plain.test(id) && !id.startsWith(mark)) return id
  return mark + id.replace(/[^a-zA-Z0-9-]/g, (letter) => `_${letter.charCodeAt(0).toString(16)}_`)
}

/** Whether `toToolId` may have spelt the id. */
export function isSpelt(id: string): boolean {
  return id.startsWith(mark)
}

/** The id that `toToolId` spelt, or `id` itself if it did not. */
export function fromToolId(id: string): string {
  if (!isSpelt(id)) return id
  const original = id.slice(mark.length).replace(/_([0-9a-f]+)_/g, (_, code) => String.fromCharCode(parseInt(code, 16)))
  return toToolId(original) === id ? original : id
}
