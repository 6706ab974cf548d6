import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file for the user alone, whole or not at all: a reader sees the old text or the new one, also when the disk is full. */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`
  // One that a crash has left.
  rmSync(temporary, { force: true })
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
}
