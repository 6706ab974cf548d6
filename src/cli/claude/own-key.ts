import type { Provider } from '../../provider/provider.ts'

/**
 * The user's own `ANTHROPIC_API_KEY`, which Claude Code is not given beside the key of the run, reaches Anthropic all the
 * same where the config passes the client's credentials on and holds no key itself.
 */
export function withOwnKey(providers: readonly Provider[], key: string | undefined): readonly Provider[] {
  const own = key?.trim()
  if (!own) return providers
  return providers.map((provider) =>
    provider.takes?.includes('login') && provider.apiKey === undefined ? { ...provider, apiKey: own } : provider,
  )
}
