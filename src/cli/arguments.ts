import type { ArgDef, ArgsDef } from 'citty'
import { didYouMean } from '../config/suggest.ts'
import { Failure } from './failure.ts'

/** The values of a command's arguments by name, and under `_` those that have none. */
export type Arguments = Record<string, string | boolean | string[]>

/**
 * Takes a command's arguments apart: `--name value`, `--name=value`, `--flag`, `--no-flag`, positional ones; after `--`
 * all are positional. The last of several counts. Throws a `Failure` that names what the command does not know, and the nearest
 * that it does.
 */
export function parseArguments(definitions: ArgsDef, names: readonly string[], args: readonly string[]): Arguments {
  const options = optionsOf(definitions)
  const places = Object.entries(definitions).filter(([, { type }]) => type === 'positional')
  const positional: string[] = []
  const values: Arguments = { _: positional }
  const fail = (problem: string): never => {
    throw new Failure(`${names.join(' ')}: ${problem}`)
  }
  const place = (arg: string): void => {
    const [name] = places[positional.length] ?? fail(`unexpected argument \`${arg}\``)
    values[name] = arg
    positional.push(arg)
  }

  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      rest.splice(0).forEach(place)
    } else if (!arg.startsWith('-') || arg === '-') {
      place(arg)
    } else {
      const [, word = arg, given] = /^([^=]*)=([^]*)$/.exec(arg) ?? []
      const option = options.get(word) ?? fail(unknown(names, word, options))
      if (option.isFlag) {
        if (given !== undefined) fail(`${word} takes no value`)
        values[option.name] = !word.startsWith('--no-')
      } else {
        const value = given ?? (rest[0]?.startsWith('--') ? '' : rest.shift())
        values[option.name] = value || fail(`${word} needs a value`)
      }
    }
  }
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.default !== undefined) values[name] ??= definition.default
    if (definition.required === true && values[name] === undefined) fail(`${name.toUpperCase()} is missing`)
  }
  return values
}

interface Option {
  readonly name: string
  readonly isFlag: boolean
}

function optionsOf(definitions: ArgsDef): Map<string, Option> {
  const options = new Map<string, Option>()
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type === 'positional') continue
    const option = { name, isFlag: definition.type === undefined || definition.type === 'boolean' }
    options.set(`--${name}`, option)
    if (option.isFlag) options.set(`--no-${name}`, option)
    for (const alias of aliasesOf(definition)) options.set(alias.length === 1 ? `-${alias}` : `--${alias}`, option)
  }
  return options
}

function aliasesOf(definition: ArgDef): string[] {
  return 'alias' in definition ? [definition.alias ?? []].flat() : []
}

function unknown(names: readonly string[], word: string, options: ReadonlyMap<string, Option>): string {
  const near = didYouMean(word, [...options.keys(), '--help'])
  return `unknown option \`${word}\`${near ? `; ${near}` : ''} (\`${names.join(' ')} --help\` lists them)`
}
