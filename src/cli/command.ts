import type { ArgsDef, CommandDef, ParsedArgs } from 'citty'
import { didYouMean } from '../config/suggest.ts'
import { parseArguments } from './arguments.ts'
import { Failure } from './failure.ts'

/**
 * Runs a citty command, or the sub-command that `args` name; gives what its `run` returned as exit code, else 0.
 * The arguments are taken apart here, because citty accepts unknown options and options without their value.
 */
export async function runCommand(
  command: CommandDef<ArgsDef>,
  names: readonly string[],
  args: readonly string[],
): Promise<number> {
  const subCommands = await valueOf(command.subCommands ?? {})
  const [first, ...rest] = args
  if (Object.keys(subCommands).length > 0 && first !== undefined && !first.startsWith('-')) {
    const subCommand = Object.hasOwn(subCommands, first) ? subCommands[first] : undefined
    if (!subCommand) throw new Failure(unknown(names, first, Object.keys(subCommands)))
    return runCommand(await valueOf(subCommand), [...names, first], rest)
  }
  const isAsked = wantsHelp(args)
  const parsed = isAsked ? {} : parseArguments(await valueOf(command.args ?? {}), names, args)
  if (isAsked || !command.run) {
    console.log(await helpOf(command, names))
    return isAsked ? 0 : 1
  }
  const result: unknown = await command.run({ rawArgs: [...args], args: parsed as ParsedArgs<ArgsDef>, cmd: command })
  return typeof result === 'number' ? result : 0
}

function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

async function helpOf(command: CommandDef<ArgsDef>, names: readonly string[]): Promise<string> {
  const { renderUsage } = await import('citty')
  const meta = { ...(await valueOf(command.meta ?? {})), name: names.join(' ') }
  const text = (await renderUsage({ ...command, meta })).trimEnd()
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? text : Bun.stripANSI(text)
}

function unknown(names: readonly string[], word: string, known: readonly string[]): string {
  const near = didYouMean(word, known)
  return `${names.join(' ')}: unknown command \`${word}\`${near ? `; ${near}` : ''} (\`${names.join(' ')} --help\` lists them)`
}

async function valueOf<T>(input: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof input === 'function' ? (input as () => T | Promise<T>)() : input
}
