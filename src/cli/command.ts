import { type ArgDef, type ArgsDef, type CommandDef, renderUsage, runCommand as runCitty } from 'citty'
import { didYouMean } from '../config/suggest.ts'
import { Failure } from './failure.ts'

/**
 * Runs a citty command, or the sub-command that `args` name; gives what `run` returned as exit code, else 0.
 * citty itself accepts unknown options, extra arguments and options without their value: here they are failures.
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
    if (!subCommand) throw new Failure(unknown(names, 'command', first, Object.keys(subCommands)))
    return runCommand(await valueOf(subCommand), [...names, first], rest)
  }
  const definitions = await valueOf(command.args ?? {})
  if (wantsHelp(args)) {
    console.log(await helpOf(command, names))
    return 0
  }
  checkArguments(definitions, names, args)
  if (!command.run) {
    console.log(await helpOf(command, names))
    return 1
  }
  const { result } = await runCitty(command, { rawArgs: [...args] })
  return typeof result === 'number' ? result : 0
}

/** Throws a `Failure` that names the first argument which the command does not know, and the nearest that it does. */
export function checkArguments(definitions: ArgsDef, names: readonly string[], args: readonly string[]): void {
  const options = new Map<string, ArgDef>()
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type === 'positional') continue
    options.set(`--${name}`, definition)
    for (const alias of aliasesOf(definition)) options.set(alias.length === 1 ? `-${alias}` : `--${alias}`, definition)
    if (definition.type === 'boolean') options.set(`--no-${name}`, definition)
  }
  const known = [...options.keys(), '--help']
  let places = Object.values(definitions).filter(({ type }) => type === 'positional').length

  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string
    if (arg === '--') {
      places -= args.length - index - 1
      if (places < 0) throw new Failure(`${names.join(' ')}: unexpected argument \`${args.at(-1)}\``)
      return
    }
    if (!arg.startsWith('-') || arg === '-') {
      if (places-- === 0) throw new Failure(`${names.join(' ')}: unexpected argument \`${arg}\``)
      continue
    }
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg : arg.slice(0, equals)
    const definition = options.get(name)
    if (!definition) throw new Failure(unknown(names, 'option', name, known))
    const takesValue = definition.type !== 'boolean'
    if (takesValue && equals < 0 && (args[++index] ?? '--').startsWith('--'))
      throw new Failure(`${names.join(' ')}: ${name} needs a value`)
    if (takesValue && equals === arg.length - 1) throw new Failure(`${names.join(' ')}: ${name} needs a value`)
    if (!takesValue && equals >= 0) throw new Failure(`${names.join(' ')}: ${name} takes no value`)
  }
}

function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

async function helpOf(command: CommandDef<ArgsDef>, names: readonly string[]): Promise<string> {
  const meta = { ...(await valueOf(command.meta ?? {})), name: names.join(' ') }
  const text = (await renderUsage({ ...command, meta })).trimEnd()
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? text : Bun.stripANSI(text)
}

function unknown(names: readonly string[], kind: 'command' | 'option', word: string, known: readonly string[]): string {
  const near = didYouMean(word, known)
  return `${names.join(' ')}: unknown ${kind} \`${word}\`${near ? `; ${near}` : ''} (\`${names.join(' ')} --help\` lists them)`
}

function aliasesOf(definition: ArgDef): string[] {
  if (definition.type === 'positional' || !('alias' in definition)) return []
  return [definition.alias ?? []].flat()
}

async function valueOf<T>(input: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof input === 'function' ? (input as () => T | Promise<T>)() : input
}
