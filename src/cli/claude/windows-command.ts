import { Failure } from '../failure.ts'

export interface CommandLine {
  readonly cmd: string[]
  readonly windowsVerbatimArguments?: boolean
}

/**
 * What to start so that `program` gets exactly `args`. Windows starts `.cmd` and `.bat` files, as npm makes them,
 * only through its command interpreter.
 */
export function commandLine(program: string, args: readonly string[]): CommandLine {
  if (!/\.(?:cmd|bat)$/i.test(program)) return { cmd: [program, ...args] }
  if (args.some((arg) => /[\r\n]/.test(arg))) {
    throw new Failure(
      `ccr: an argument with a line break cannot be given to ${program}. Set CLAUDE_PATH to the claude.exe of Claude Code.`,
    )
  }
  const line = [escaped(program), ...args.map((arg) => escaped(escaped(quoted(arg))))].join(' ')
  return { cmd: ['cmd.exe', '/d', '/s', '/c', `"${line}"`], windowsVerbatimArguments: true }
}

/** As programs take their arguments apart: backslashes count only before a quotation mark. */
function quoted(arg: string): string {
  return `"${arg.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

/** Against the command interpreter, once: the file that it runs passes its arguments through it again. */
function escaped(text: string): string {
  return text.replace(/[()[\]%!^"`<>&|;, *?]/g, '^$&')
}
