import type { AwsIdentity } from '../../platform/ports.ts'
import type { SignerContext } from './signer.ts'
import { freshToken } from './token.ts'

/**
 * What AWS gave under `name`, kept until shortly before it runs out, and asked for once by all calls at a time.
 * `undefined` where there is nothing, which is looked for again by the next call.
 */
export async function keptIdentity(
  name: string,
  context: SignerContext,
  find: () => Promise<AwsIdentity | undefined>,
): Promise<AwsIdentity | undefined> {
  const { now } = context.ports
  const value = await freshToken(name, context, async () => {
    const found = await find()
    if (!found) return { value: NOTHING, expiresAt: now() + AT_ONCE_MS }
    return { value: JSON.stringify(found), expiresAt: found.expiresAt ?? now() + UNKNOWN_LIFETIME_MS }
  })
  return value === NOTHING ? undefined : (JSON.parse(value) as AwsIdentity)
}

const NOTHING = ''
const AT_ONCE_MS = 1000
/** Tokens are renewed four minutes early, so that files that other programs keep fresh are read each minute. */
const UNKNOWN_LIFETIME_MS = 300_000
