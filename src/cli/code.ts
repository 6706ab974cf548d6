import { formatDiagnostic } from '../config/diagnostic.ts'
import { loadConfig } from '../config/load.ts'
import { claudeEnvironment } from './claude/environment.ts'
import { launch } from './claude/launch.ts'
import { overrideSettings } from './claude/override.ts'
import { findClaude } from './claude/program.ts'
import { type Conflict, managedConflicts } from './claude/settings.ts'
import { openCodeRouter } from './code-router.ts'
import { Failure } from './failure.ts'
import { userHome } from './home.ts'
import type { Strays } from './strays.ts'

/** `ccr code`: Claude Code on the user's service, else on a router that lives as long as it does. Gives Claude Code's exit code. */
export async function code(args: readonly string[], strays: Strays): Promise<number> {
  // As it is now: modules of the user find settings in the environment of the process, which Claude Code shall not get.
  const env = { ...process.env }
  const home = userHome()
  let config = loadConfig({ env, home })
  const program = findClaude({ configured: config.claudePath, env, home })
  const conflicts = managedConflicts()
  if (conflicts.length > 0) throw new Failure(describeConflicts(conflicts))
  if (config.providers.length === 0 && !asksOnlyForItself(args)) {
    const { setUp } = await import('./set-up.ts')
    setUp({ env, home })
    config = loadConfig({ env, home })
  }
  for (const warning of config.warnings) console.error(`warning: ${formatDiagnostic(warning)}`)

  const router = await openCodeRouter(config, { env, home })
  const { access } = router
  const override = overrideSettings(args, access, { env, home, directory: process.cwd() })
  if (override.conflicts.length > 0) console.error(describeOverride(override.conflicts))
  // The terminal belongs to Claude Code from here on.
  strays.hold()
  try {
    return await launch({
      program,
      args: override.args,
      env: claudeEnvironment(env, config, access),
      input: !config.nonInteractive,
    })
  } finally {
    override.remove()
    const line = await router.end()
    strays.release()
    if (line !== undefined) console.error(line)
  }
}

/** `--help` and `--version` of Claude Code need no provider. */
function asksOnlyForItself(args: readonly string[]): boolean {
  return args.length === 1 && ['-h', '--help', '-v', '--version'].includes(args[0] as string)
}

function describeConflicts(conflicts: readonly Conflict[]): string {
  return `ccr: Claude Code was not started, because managed settings, which nothing overrides, would lead it past the router:
${conflicts.map(({ source, keys }) => `  ${source}: ${keys.join(', ')}`).join('\n')}
Remove these keys, or ask your administrator to.`
}

function describeOverride(conflicts: readonly Conflict[]): string {
  return `ccr: overridden for this run: ${conflicts.map(({ source, keys }) => `${keys.join(', ')} of ${source}`).join('; ')}`
}
