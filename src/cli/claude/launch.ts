import { constants } from 'node:os'
import { Failure } from '../failure.ts'
import { commandLine } from './windows-command.ts'

export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Whether the program gets this process's input; else it reads an empty one. */
  readonly input: boolean
}

/**
 * Runs a program in this terminal and gives its exit code, 128 and the signal's number if a signal ended it.
 * The terminal sends Ctrl+C and Ctrl+\ to both processes: what they mean is the program's to decide. Signals that come
 * to this process alone are passed on.
 */
export async function launch({ program, args, env, input }: Launch): Promise<number> {
  const handlers = new Map<NodeJS.Signals, () => void>()
  const child = spawn({ program, args, env, input })
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) handlers.set(signal, () => {})
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) handlers.set(signal, () => child.kill(signal))
  for (const [signal, handler] of handlers) process.on(signal, handler)
  try {
    const code = await child.exited
    return child.signalCode === null ? code : 128 + constants.signals[child.signalCode as NodeJS.Signals]
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

function spawn({ program, args, env, input }: Launch): Bun.Subprocess {
  const command = commandLine(program, args)
  try {
    return Bun.spawn({
      ...command,
      env: { ...env },
      stdin: input ? 'inherit' : 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
    })
  } catch (error) {
    throw new Failure(
      `ccr: ${program} cannot be started: ${error instanceof Error ? error.message : String(error)}`,
      126,
    )
  }
}
