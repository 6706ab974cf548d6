import type { Config } from '../../config/config.ts'
import { RUN_HEADER } from '../../gateway/run-header.ts'

/** Where the router of this run listens, and its key. */
export interface Access {
  readonly url: string
  readonly key: string
  /** The name under which the router, which serves others, too, adds up the calls of this run. */
  readonly run?: string
}

/** Variables that send Claude Code elsewhere than to ANTHROPIC_BASE_URL. */
export const detours = [
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
  'ANTHROPIC_UNIX_SOCKET',
] as const

/** The environment in which Claude Code talks to the router: that of this process, with what must differ. */
export function claudeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  config: Config,
  access: Access,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isRemoved(entry[0]),
  )
  const noProxy = extendNoProxy([inherited['NO_PROXY'], inherited['no_proxy']])
  return {
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
    // Elsewhere than at Anthropic it may send the definitions of all its tools with every request.
    ENABLE_TOOL_SEARCH: 'true',
    DISABLE_TELEMETRY: 'true',
    DISABLE_COST_WARNINGS: 'true',
    ...Object.fromEntries(kept),
    ANTHROPIC_BASE_URL: access.url,
    ANTHROPIC_AUTH_TOKEN: access.key,
    ...(access.run !== undefined && {
      ANTHROPIC_CUSTOM_HEADERS: [inherited['ANTHROPIC_CUSTOM_HEADERS'], `${RUN_HEADER}: ${access.run}`]
        .filter(Boolean)
        .join('\n'),
    }),
    API_TIMEOUT_MS: String(config.timeoutMs),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    ...(config.smallFastModel !== undefined && { ANTHROPIC_SMALL_FAST_MODEL: config.smallFastModel }),
    ...(config.nonInteractive && { CI: 'true', FORCE_COLOR: '0', NODE_NO_READLINE: '1', TERM: 'dumb' }),
  }
}

/** The hosts of all `lists`, and this machine: calls to the router must not go through a proxy. */
export function extendNoProxy(lists: readonly (string | undefined)[]): string {
  return [...new Set([...lists.flatMap(hostsOf), ...loopback])].join(',')
}

/** Whether a `NO_PROXY` list exempts the address at which the router listens. */
export function includesLoopback(list: string): boolean {
  return hostsOf(list).some((host) => host === '*' || host === loopback[0])
}

const loopback = ['127.0.0.1', 'localhost', '::1']

function hostsOf(list: string | undefined): string[] {
  return (list ?? '').split(/[\s,]+/).filter((host) => host !== '')
}

/** BUN_* would change how this executable behaves when the agent starts it again, and how Claude Code itself does. */
const removed = new Set<string>([
  'ANTHROPIC_API_KEY',
  'BUN_OPTIONS',
  'BUN_BE_BUN',
  'BUN_CONFIG_MAX_HTTP_REQUESTS',
  ...detours,
])

function isRemoved(name: string): boolean {
  return removed.has(name) || name.startsWith('BUN_INSPECT')
}
