import { join } from 'node:path'
import { fromIni } from '@aws-sdk/credential-provider-ini'
import { fromTokenFile } from '@aws-sdk/credential-provider-web-identity'
import type { AwsIdentity, AwsSource } from './ports.ts'

/**
 * The key pair that AWS's own library finds for a profile (keys, a login by `aws sso login`, a role, a program) or for
 * the token file of the environment. It is loaded when the first call needs it, and reads the files anew each time.
 */
export async function readAwsIdentity(source: AwsSource, env: Environment): Promise<AwsIdentity | undefined> {
  try {
    const found = await providerOf(source, env)()
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = found
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      ...(expiration && { expiresAt: expiration.getTime() }),
    }
  } catch (cause) {
    if (cause instanceof Error && NOTHING.test(cause.message)) return undefined
    throw cause
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** What the library says where a profile is not there, or holds nothing of use. */
const NOTHING = /^Could not resolve credentials using profile/

function providerOf(source: AwsSource, env: Environment) {
  const parentClientConfig = { requestHandler: handlerOf(source), ...(source.region && { region: source.region }) }
  const clientConfig = { requestHandler: handlerOf(source) }
  if (source.profile === undefined)
    return fromTokenFile({
      clientConfig,
      parentClientConfig,
      ...defined({ webIdentityTokenFile: env['AWS_WEB_IDENTITY_TOKEN_FILE'], roleArn: env['AWS_ROLE_ARN'] }),
    })
  return fromIni({ profile: source.profile, clientConfig, parentClientConfig, ignoreCache: true, ...filesOf(env) })
}

function filesOf(env: Environment): { filepath?: string; configFilepath?: string } {
  const home = env['HOME'] ?? env['USERPROFILE']
  const inHome = (name: string): string | undefined => (home === undefined ? undefined : join(home, '.aws', name))
  return defined({
    filepath: env['AWS_SHARED_CREDENTIALS_FILE']?.trim() || inHome('credentials'),
    configFilepath: env['AWS_CONFIG_FILE']?.trim() || inHome('config'),
  })
}

function defined<Key extends string>(fields: Record<Key, string | undefined>): Partial<Record<Key, string>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Record<Key, string>
  >
}

/** What the library hands over to be sent. */
interface LibraryRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Has the library's calls go out as all others do: through the user's proxy, trusting whom he trusts. */
function handlerOf({ fetch }: AwsSource) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: LibraryRequest) {
      const { method, headers, body } = request
      const response = await fetch(urlOf(request), { method, headers, body: typeof body === 'string' ? body : '' })
      return {
        response: {
          statusCode: response.status,
          headers: Object.fromEntries(response.headers),
          body: new TextEncoder().encode(await response.text()),
        },
      }
    },
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: LibraryRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((each): [string, string] => [name, each]),
  )
  const search = pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : ''
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`
}
