import type { AwsIdentity } from '../../platform/ports.ts'
import { machineCredentials } from './aws-machine.ts'
import { profileCredentials, roleCredentials } from './aws-user.ts'
import type { SignerContext } from './signer.ts'

/**
 * What AWS is shown: a string is a Bedrock API key. What the config says goes before the environment, that before AWS's
 * files, and those before what the machine is given. Only what the config names is for a host that is not AWS's own: the
 * rest the user did not write for it.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function readAwsCredentials(url: URL, context: SignerContext): Promise<AwsIdentity | string | undefined> {
  const { authOptions: options = {} } = context.endpoint
  const { env } = context.ports
  const written = pair(options['access_key_id'], options['secret_access_key'], options['session_token'])
  if (written) return written
  if (options['profile'] !== undefined) return profileCredentials(options['profile'], context)
  if (context.key !== undefined) return context.key
  if (!isAws(url)) return undefined
  return (
    env('AWS_BEARER_TOKEN_BEDROCK')?.trim() ||
    pair(env('AWS_ACCESS_KEY_ID'), env('AWS_SECRET_ACCESS_KEY'), env('AWS_SESSION_TOKEN')) ||
    (await userCredentials(context)) ||
    machineCredentials(context)
  )
}

/** A profile that is named goes before the role of a cluster, and that before the profile of those who name none. */
async function userCredentials(context: SignerContext): Promise<AwsIdentity | undefined> {
  const profile = context.ports.env('AWS_PROFILE')?.trim()
  if (profile) return (await profileCredentials(profile, context)) ?? roleCredentials(context)
  return (await roleCredentials(context)) ?? profileCredentials('default', context)
}

/** Whether it is a server of AWS's own, and surely: by name, and encrypted. */
export function isAws({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(hostname)
}

function pair(id: string | undefined, secret: string | undefined, token?: string): AwsIdentity | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = [id?.trim(), secret?.trim(), token?.trim()]
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}
