import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { AwsIdentity } from '../../platform/ports.ts'
import { keptIdentity } from './aws-kept.ts'
import type { SignerContext } from './signer.ts'
import { refusal } from './token.ts'

/**
 * The credentials that AWS gives to what runs on its machines: to a container, by the address in its environment, else
 * to an instance, by the metadata service. Kept until shortly before they run out. `undefined`: this is no such machine.
 */
export async function machineCredentials(context: SignerContext): Promise<AwsIdentity | undefined> {
  const address = containerAddress(context)
  if (address !== undefined) return keptIdentity('aws container', context, () => fromContainer(address, context))
  if (context.ports.env('AWS_EC2_METADATA_DISABLED')?.trim().toLowerCase() === 'true') return undefined
  return keptIdentity('aws instance', context, () => fromInstance(context)).catch(() => undefined)
}

const CONTAINER = 'http://169.254.170.2'
const INSTANCE = 'http://169.254.169.254'
/** Where nobody answers, this is no machine of AWS, and who waits shall know soon. */
const INSTANCE_TIMEOUT_MS = 1000
const CONTAINER_TIMEOUT_MS = 5000

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
function containerAddress({ ports: { env } }: SignerContext): string | undefined {
  const relative = env('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')?.trim()
  if (relative) return CONTAINER + relative
  const full = env('AWS_CONTAINER_CREDENTIALS_FULL_URI')?.trim()
  if (!full) return undefined
  const url = URL.parse(full)
  if (url && (url.protocol === 'https:' || NEAR.test(url.hostname))) return full
  throw refusal('AWS_CONTAINER_CREDENTIALS_FULL_URI is neither encrypted nor an address of this machine')
}

const NEAR = /^(?:localhost|127\.[\d.]+|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/

async function fromContainer(address: string, context: SignerContext): Promise<AwsIdentity> {
  const { env, readText } = context.ports
  const file = env('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')?.trim()
  const token = file ? await textOf(file, readText) : env('AWS_CONTAINER_AUTHORIZATION_TOKEN')?.trim()
  const headers = token ? { authorization: token } : {}
  return identityIn(await ask('GET', address, headers, CONTAINER_TIMEOUT_MS, context))
}

async function textOf(file: string, readText: (file: string) => Promise<string>): Promise<string> {
  const text = await readText(file).catch((cause: unknown) => {
    throw refusal(`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE ${file} cannot be read`, cause)
  })
  return text.trim()
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
async function fromInstance(context: SignerContext): Promise<AwsIdentity> {
  const base = context.ports.env('AWS_EC2_METADATA_SERVICE_ENDPOINT')?.trim().replace(/\/+$/, '') || INSTANCE
  const get = (path: string, method = 'GET', headers = {}): Promise<string> =>
    ask(method, `${base}/latest/${path}`, headers, INSTANCE_TIMEOUT_MS, context)
  const session = await get('api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const headers = { 'x-aws-ec2-metadata-token': session.trim() }
  const roles = await get('meta-data/iam/security-credentials/', 'GET', headers)
  const role = roles.split('\n', 1)[0]?.trim() ?? ''
  return identityIn(await get(`meta-data/iam/security-credentials/${encodeURIComponent(role)}`, 'GET', headers))
}

async function ask(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  { ports, provider }: SignerContext,
): Promise<string> {
  const isNear = new URL(url).protocol === 'http:'
  const signal = AbortSignal.timeout(timeoutMs)
  const proxy = isNear ? false : provider.proxy
  const response = await ports.fetch(url, { method, headers, body: '', signal, proxy }).catch((cause: unknown) => {
    throw refusal(`${new URL(url).host}, which gives this machine its AWS credentials, cannot be reached`, cause)
  })
  const text = await response.text()
  if (response.ok) return text
  throw refusal(`${new URL(url).host} gave no AWS credentials (${response.status})`)
}

function identityIn(text: string): AwsIdentity {
  const said = objectIn(text)
  const [accessKeyId, secretAccessKey] = [asString(said['AccessKeyId']), asString(said['SecretAccessKey'])]
  if (!accessKeyId || !secretAccessKey) throw refusal('the AWS credentials that this machine was given cannot be read')
  const sessionToken = asString(said['Token'])
  const until = Date.parse(asString(said['Expiration']) ?? '')
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    ...(!Number.isNaN(until) && { expiresAt: until }),
  }
}

function objectIn(text: string): JsonObject {
  try {
    const value: Json = parseJson(text)
    return isObject(value) ? value : {}
  } catch {
    // Whoever answers there is not who was meant: told as what cannot be read.
    return {}
  }
}
