import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { formatDiagnostic } from '../config/diagnostic.ts'
import { loadConfig } from '../config/load.ts'
import type { Log } from '../platform/ports.ts'
import { claudeEnvironment } from './claude/environment.ts'
import { launch } from './claude/launch.ts'
import { overrideSettings } from './claude/override.ts'
import { withOwnKey } from './claude/own-key.ts'
import { findClaude } from './claude/program.ts'
import { type Conflict, managedConflicts } from './claude/settings.ts'
import { Failure } from './failure.ts'
import { fileLog } from './log.ts'
import { startRouter } from './router.ts'
import type { Strays } from './strays.ts'
import { createTally } from './summary.ts'

/** How long calls that Claude Code left behind may take to be counted. */
const SETTLE_MS = 200

/** `ccr code`: Claude Code on a router of its own, which lives as long as it does. Gives Claude Code's exit code. */
export async function code(args: readonly string[], strays: Strays): Promise<number> {
  const { env } = process
  const home = homedir()
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

  const usage = createTally()
  const key = `ccr-${crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: 'base64url' })}`
  const router = await startRouter({
    config: { ...config, apiKey: key, providers: withOwnKey(config.providers, env['ANTHROPIC_API_KEY']) },
    host: '127.0.0.1',
    port: 0,
    log: logOf(config),
    usage,
  })
  const access = { url: router.url, key }
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
    await router.stop(SETTLE_MS)
    strays.release()
    const line = usage.line()
    if (line !== undefined) console.error(line)
  }
}

function logOf(config: Config): Log {
  return config.log ? fileLog(join(dirname(config.file), 'logs'), config.logLevel) : () => {}
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
