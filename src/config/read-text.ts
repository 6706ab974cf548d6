import { readFileSync } from 'node:fs'

/** The text of a file, which Windows may have written as UTF-16. Throws the system's error. */
export function readText(file: string): string {
  const bytes = readFileSync(file)
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return bytes.toString()
}
