import { accessSync, constants, statSync } from 'node:fs'
import type { Problem } from './diagnostic.ts'

/** What stands in the way of reading `file`: told when the config is read, though the file may still come. */
export function checkPromptFile(file: string): readonly Problem[] {
  const problem = readingProblem(file)
  if (problem === undefined) return []
  return [
    {
      severity: 'warning',
      path: ['REWRITE_SYSTEM_PROMPT'],
      message: `\`REWRITE_SYSTEM_PROMPT\`: ${problem}, so the system prompt stays as it is`,
    },
  ]
}

function readingProblem(file: string): string | undefined {
  try {
    if (statSync(file).isDirectory()) return `${file} is a folder`
    accessSync(file, constants.R_OK)
    return undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    return code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`
  }
}
