/** Reads files as text, again only when they have changed. Rejects with the system's error if one cannot be read. */
export function createTextReader(): (file: string) => Promise<string> {
  const known = new Map<string, { readonly stamp: string; readonly text: string }>()
  return async (file) => {
    const { mtimeMs, size, ino } = await Bun.file(file).stat()
    const stamp = `${mtimeMs}/${size}/${ino}`
    const before = known.get(file)
    if (before?.stamp === stamp) return before.text
    const text = await Bun.file(file).text()
    known.set(file, { stamp, text })
    return text
  }
}
