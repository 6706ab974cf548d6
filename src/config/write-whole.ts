import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file for the user alone, whole or not at all: a reader sees the old text or the new one, also when the disk is full. */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`
  // One that a crash has left.
  rmSync(temporary, { force: true })
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    rename(temporary, file, text)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function rename(temporary: string, file: string, text: string): void {
  try {
    renameSync(temporary, file)
  } catch (error) {
    // A file that is mounted by itself, as into a container, cannot give way to another one.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    writeFileSync(file, text)
  }
}
