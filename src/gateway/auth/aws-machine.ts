import { asString, isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { AwsCredentials } from './aws-credentials.ts'
import type { SignerContext } from './signer.ts'
import { freshToken, refusal, type Token } from './token.ts'

/**
 * The credentials that AWS gives to what runs on its machines: to a container, by the address in its environment, else
 * to an instance, by the metadata service. Kept until shortly before they run out. `undefined`: this is no such machine.
 */
export async function machineCredentials(context: SignerContext): Promise<AwsCredentials | undefined> {
  const address = containerAddress(context)
  if (address !== undefined) return kept('aws container', context, () => fromContainer(address, context))
  if (context.ports.env('AWS_EC2_METADATA_DISABLED')?.trim().toLowerCase() === 'true') return undefined
  return kept('aws instance', context, () => fromInstance(context)).catch(() => undefined)
}

const CONTAINER = 'http://169.254.170.2'
const INSTANCE = 'http://169.254.169.254/latest'
/** Where nobody answers, this is no machine of AWS, and who waits shall know soon. */
const INSTANCE_TIMEOUT_MS = 1000
const CONTAINER_TIMEOUT_MS = 5000

async function kept(name: string, context: SignerContext, fetchOnes: () => Promise<Token>): Promise<AwsCredentials> {
  return JSON.parse(await freshToken(name, context, fetchOnes)) as AwsCredentials
}

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

async function fromContainer(address: string, context: SignerContext): Promise<Token> {
  const { env, readText } = context.ports
  const file = env('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')?.trim()
  const token = file ? (await readText(file)).trim() : env('AWS_CONTAINER_AUTHORIZATION_TOKEN')?.trim()
  const headers = token ? { authorization: token } : {}
  return tokenIn(await ask('GET', address, headers, CONTAINER_TIMEOUT_MS, context), context)
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
async function fromInstance(context: SignerContext): Promise<Token> {
  const get = (path: string, method = 'GET', headers = {}): Promise<string> =>
    ask(method, `${INSTANCE}/${path}`, headers, INSTANCE_TIMEOUT_MS, context)
  const session = await get('api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const headers = { 'x-aws-ec2-metadata-token': session.trim() }
  const roles = await get('meta-data/iam/security-credentials/', 'GET', headers)
  const role = roles.split('\n', 1)[0]?.trim() ?? ''
  return tokenIn(await get(`meta-data/iam/security-credentials/${encodeURIComponent(role)}`, 'GET', headers), context)
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

function tokenIn(text: string, { ports }: SignerContext): Token {
  const said = objectIn(text)
  const [accessKeyId, secretAccessKey] = [asString(said['AccessKeyId']), asString(said['SecretAccessKey'])]
  if (!accessKeyId || !secretAccessKey) throw refusal('the AWS credentials that this machine was given cannot be read')
  const sessionToken = asString(said['Token'])
  const credentials: AwsCredentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  const until = Date.parse(asString(said['Expiration']) ?? '')
  return {
    value: JSON.stringify(credentials),
    expiresAt: Number.isNaN(until) ? ports.now() + UNKNOWN_LIFETIME_MS : until,
  }
}

const UNKNOWN_LIFETIME_MS = 900_000

function objectIn(text: string): JsonObject {
  try {
    const value: Json = parseJson(text)
    return isObject(value) ? value : {}
  } catch {
    // Whoever answers there is not who was meant: told as what cannot be read.
    return {}
  }
}
