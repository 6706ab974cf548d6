import type { ArgsDef, CommandDef } from 'citty'
import { didYouMean } from '../config/suggest.ts'
import { Failure } from './failure.ts'
import { catchStrays, type Strays } from './strays.ts'
import { describeSystemError } from './system-error.ts'

/** Runs one command line and gives the exit code. Prints what went wrong; throws nothing. */
export async function run(command: string, args: readonly string[]): Promise<number> {
  const strays = catchStrays()
  try {
    return await dispatch(command, args, strays)
  } catch (error) {
    console.error(describe(error))
    return error instanceof Failure ? error.exitCode : 1
  }
}

type Launcher = (args: readonly string[], strays: Strays) => Promise<number>

/** Commands that hand all their arguments to an agent, `--help` included: citty would take it away. */
const launchers: Readonly<Record<string, () => Promise<Launcher>>> = {
  code: async () => (await import('./code.ts')).code,
}

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  start: async () => (await import('./start.ts')).start,
  stop: async () => (await import('./stop.ts')).stop,
  restart: async () => (await import('./restart.ts')).restart,
  status: async () => (await import('./status.ts')).status,
  config: async () => (await import('./config.ts')).config,
  key: async () => (await import('./key.ts')).key,
  preset: async () => (await import('./preset.ts')).preset,
  explain: async () => (await import('./explain.ts')).explain,
  demo: async () => (await import('./demo.ts')).demo,
}

const helpWords = ['help', '-h', '--help']

async function dispatch(command: string, args: readonly string[], strays: Strays): Promise<number> {
  const launch = Object.hasOwn(launchers, command) ? launchers[command] : undefined
  if (launch) return (await launch())(args, strays)
  const load = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (load)
    return (await import('./command.ts')).runCommand((await load()) as CommandDef<ArgsDef>, ['ccr', command], args)
  if (helpWords.includes(command) || command === '') {
    const { usage } = await import('./usage.ts')
    console.log(usage)
    return command === '' ? 1 : 0
  }
  throw new Failure(unknown(command))
}

function unknown(command: string): string {
  const kind = command.startsWith('-') ? 'option' : 'command'
  const names = [...Object.keys(launchers), ...Object.keys(commands), 'version', '--version', ...helpWords]
  const near = didYouMean(command, names)
  return `ccr: unknown ${kind} \`${command}\`${near ? `; ${near}` : ''} (\`ccr help\` lists all commands)`
}

function describe(error: unknown): string {
  if (error instanceof Failure) return error.message
  if (error instanceof Error && error.name === 'ConfigError') return error.message
  return describeSystemError(error) ?? `ccr: unexpected error, please report it:\n${Bun.inspect(error)}`
}
