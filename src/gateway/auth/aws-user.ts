import { ModelError } from '../../canonical/error.ts'
import type { AwsIdentity, AwsSource } from '../../platform/ports.ts'
import { keptIdentity } from './aws-kept.ts'
import type { SignerContext } from './signer.ts'
import { isNear, refusal } from './token.ts'

/**
 * What a profile of AWS's files leads to: keys, a login of IAM Identity Center, a role, a program.
 * `undefined`: there is no such profile, or nothing in it.
 */
export function profileCredentials(profile: string, context: SignerContext): Promise<AwsIdentity | undefined> {
  return found({ profile }, context, (why) => `the AWS profile \`${profile}\` gives no credentials: ${why}`)
}

/** The role that a cluster's token file stands for. `undefined`: the environment names none. */
export async function roleCredentials(context: SignerContext): Promise<AwsIdentity | undefined> {
  const { env } = context.ports
  if (!env('AWS_WEB_IDENTITY_TOKEN_FILE')?.trim() || !env('AWS_ROLE_ARN')?.trim()) return undefined
  return found({}, context, (why) => `AWS_WEB_IDENTITY_TOKEN_FILE gives no credentials: ${why}`)
}

async function found(
  { profile }: Pick<AwsSource, 'profile'>,
  context: SignerContext,
  told: (why: string) => string,
): Promise<AwsIdentity | undefined> {
  const { ports, endpoint } = context
  if (!ports.awsIdentity) return undefined
  const calls = openCalls(context)
  const region = endpoint.authOptions?.['region'] ?? (ports.env('AWS_REGION') || ports.env('AWS_DEFAULT_REGION'))
  const source = { region, fetch: calls.fetch, ...(profile !== undefined && { profile }) }
  return keptIdentity(`aws ${profile === undefined ? 'role' : `profile ${profile}`}`, context, async () =>
    ports.awsIdentity?.(source).catch((cause: unknown) => {
      throw calls.unreachable() ?? refusal(told(reasonOf(cause, profile)), cause)
    }),
  )
}

/** AWS's own services, which give the keys, and whether one of them could not be reached. */
function openCalls({ ports, provider }: SignerContext) {
  let unreachable: ModelError | undefined
  const fetch: AwsSource['fetch'] = (url, init) =>
    ports
      .fetch(url, {
        ...init,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        proxy: isNear(url) ? false : provider.proxy,
        ...(provider.ca !== undefined && { ca: provider.ca }),
      })
      .catch((cause: unknown) => {
        unreachable = new ModelError(`${new URL(url).host} cannot be reached for credentials of AWS`, {
          kind: 'network',
          cause,
        })
        throw cause
      })
  return { fetch, unreachable: () => unreachable }
}

const TIMEOUT_MS = 10_000

/** Why, in words that say what to do; the library's own where none are better. */
function reasonOf(cause: unknown, profile: string | undefined): string {
  const said = cause instanceof Error ? cause.message : String(cause)
  const known = REASONS.find(([pattern]) => pattern.test(said))?.[1]
  return known?.(profile ?? 'default') ?? said.split('\n', 1)[0]?.slice(0, 300) ?? ''
}

const REASONS: readonly (readonly [RegExp, (profile: string) => string])[] = [
  [
    /\bsso login\b|UnauthorizedException/i,
    (profile) => `its login has ended: run \`aws sso login --profile ${profile}\``,
  ],
  [/\baws login\b/i, (profile) => `its login has ended: run \`aws login --profile ${profile}\``],
  [/multi-factor/i, () => 'it asks for a code (MFA), and nobody can be asked for one here: name a profile without'],
  // What the program says may hold a key, and so may the line that starts it.
  [/^Command failed/, () => 'its credential_process failed: run it by hand to see why'],
]
