import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import type { Source } from './source.ts'
import { readSource } from './source.ts'

/** Something to tell the user about the config file. An `error` stops the load, a `warning` does not. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** Where in the file's value: `Providers[0].api_base_url`. Empty: the whole file. */
  readonly path: string
  /** What was expected and what was found. Never holds a key. */
  readonly message: string
  /** What to write instead. */
  readonly suggestion?: string
}

/** A diagnostic before its place in the text is looked up. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly path: readonly PathStep[]
  /** Point at the key instead of at its value. */
  readonly atKey?: boolean
  readonly message: string
  readonly suggestion?: string
}

/** The config file cannot be used as it is. `message` lists every error, one a line; the file was not touched. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.filter(isError).map(formatDiagnostic).join('\n'))
    this.diagnostics = diagnostics
  }
}

/** `file:line:column: message; suggestion`, as editors and terminals turn into a link. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message, suggestion } = diagnostic
  return `${file}:${line}:${column}: ${message}${suggestion ? `; ${suggestion}` : ''}`
}

/** Whether the diagnostic stops the load. */
export function isError(diagnostic: { readonly severity: Diagnostic['severity'] }): boolean {
  return diagnostic.severity === 'error'
}

/** Finds the problems' places in the text, in the order of the text. The text is read again only if there are any. */
export function locateProblems(problems: readonly Problem[], text: string, file: string): Diagnostic[] {
  if (problems.length === 0) return []
  const source = readSource(text)
  return problems.map((problem) => locate(problem, source, file)).toSorted(byPlace)
}

function locate(problem: Problem, source: Source, file: string): Diagnostic {
  const { severity, path, atKey, message, suggestion } = problem
  const place = source.place(path, atKey)
  return { severity, file, ...place, path: pathText(path), message, ...(suggestion ? { suggestion } : {}) }
}

function byPlace(one: Diagnostic, other: Diagnostic): number {
  return one.line - other.line || one.column - other.column
}
