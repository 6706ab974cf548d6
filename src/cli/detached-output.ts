import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { userConfigHome } from './home.ts'

/** What the service prints. */
export interface Output {
  readonly descriptor: number
  read(): string
  /** Where the service goes on to print what nobody expected. */
  keep(pid: number): void
  remove(): void
}

/** Opens what it prints to: among the logs, or where that is not possible, in a temporary file. Throws a `Failure` where nothing can be written. */
export function openOutput(): Output {
  const { file, clear } = outputFile()
  const descriptor = openSync(file, 'a', 0o600)
  return {
    descriptor,
    read: () => readFileSync(file, 'utf8'),
    keep() {
      closeSync(descriptor)
      if (clear) return clear()
      try {
        renameSync(file, file.replace(/[^/\\]*$/, 'service.out'))
      } catch {
        // Windows renames no open file; it keeps its first name.
      }
    },
    remove() {
      closeSync(descriptor)
      rmSync(file, { force: true })
      clear?.()
    },
  }
}

function outputFile(): { readonly file: string; readonly clear?: () => void } {
  const name = `service-${process.pid}.out`
  const directory = join(userConfigHome(), 'logs')
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return { file: makeFile(join(directory, name)) }
  } catch (error) {
    return temporaryFile(name, `${directory} (${codeOf(error)})`)
  }
}

function temporaryFile(name: string, tried: string): { readonly file: string; readonly clear: () => void } {
  let directory: string | undefined
  const clear = (): void => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  }
  try {
    directory = mkdtempSync(join(tmpdir(), 'ccr-'))
    return { file: makeFile(join(directory, name)), clear }
  } catch (error) {
    clear()
    throw new Failure(
      `ccr: neither ${tried} nor ${tmpdir()} (${codeOf(error)}) can be written to, and what a service in the background prints has to go somewhere. Make room there, or start it without --detach`,
    )
  }
}

/** On a full disk files can be made, but nothing be written to them: one that holds a line has room for some more. */
function makeFile(file: string): string {
  try {
    writeFileSync(file, '\n', { mode: 0o600 })
    return file
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
