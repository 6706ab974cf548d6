import { machineCredentials } from './aws-machine.ts'
import type { SignerContext } from './signer.ts'

/** A key pair of AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
}

/**
 * What AWS is shown: a string is a Bedrock API key. What the config says goes before the environment, that before the
 * credentials file, and that before what the machine is given; the file is read again when it changes, as temporary
 * credentials do. None of these is for a host that is not AWS's own: the user did not write them for it.
 */
export async function readAwsCredentials(
  url: URL,
  context: SignerContext,
): Promise<AwsCredentials | string | undefined> {
  const { authOptions: options = {} } = context.endpoint
  const { env } = context.ports
  const written = pair(options['access_key_id'], options['secret_access_key'], options['session_token'])
  if (written) return written
  if (options['profile'] !== undefined) return fromFile(options['profile'], context)
  if (context.key !== undefined) return context.key
  if (!isAws(url)) return undefined
  return (
    env('AWS_BEARER_TOKEN_BEDROCK')?.trim() ||
    pair(env('AWS_ACCESS_KEY_ID'), env('AWS_SECRET_ACCESS_KEY'), env('AWS_SESSION_TOKEN')) ||
    (await fromFile(env('AWS_PROFILE')?.trim() || 'default', context)) ||
    machineCredentials(context)
  )
}

/** Whether it is a server of AWS's own, and surely: by name, and encrypted. */
export function isAws({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(hostname)
}

function pair(id: string | undefined, secret: string | undefined, token?: string): AwsCredentials | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = [id?.trim(), secret?.trim(), token?.trim()]
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

async function fromFile(profile: string, { ports }: SignerContext): Promise<AwsCredentials | undefined> {
  const home = ports.env('HOME') ?? ports.env('USERPROFILE')
  const file =
    ports.env('AWS_SHARED_CREDENTIALS_FILE')?.trim() || (home === undefined ? undefined : `${home}/.aws/credentials`)
  if (file === undefined) return undefined
  const text = await ports.readText(file).catch(() => '')
  const values = sectionOf(text, profile)
  return pair(
    values.get('aws_access_key_id'),
    values.get('aws_secret_access_key'),
    values.get('aws_session_token') ?? values.get('aws_security_token'),
  )
}

/** The `name = value` lines below `[section]`. */
function sectionOf(text: string, section: string): Map<string, string> {
  const values = new Map<string, string>()
  let inside = false
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(?:profile\s+)?(.*?)\s*\]/.exec(line)
    if (heading) inside = heading[1] === section
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (inside && name !== undefined && value !== undefined) values.set(name.toLowerCase(), value)
  }
  return values
}
