import type { Config } from '../../config/config.ts'
import type { ConfigWatch } from '../../config/watch.ts'
import { hmac } from '../../server/proof.ts'

/** What an instance tells of its config. */
export function aboutConfig(watch: ConfigWatch, secret: string | undefined) {
  const config = watch.config()
  const problem = watch.problem()
  return {
    config: { file: config.file, exists: config.exists, hash: config.hash, ...(problem !== undefined && { problem }) },
    providers: config.providers.map(({ name }) => name),
    ...(secret !== undefined && { fingerprint: fingerprintOf(config, secret) }),
  }
}

/**
 * Equal for configs that lead every call the same way: what the file says with the variables and proxies of the
 * environment that it was read in. Keys are part of it, so it is worth nothing without the secret.
 */
export function fingerprintOf({ raw, providers }: Config, secret: string): string {
  return hmac(secret, JSON.stringify([raw, providers]))
}
