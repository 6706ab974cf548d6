import { ModelError } from '../../canonical/error.ts'
import type { AwsIdentity } from '../../platform/ports.ts'
import { isAws, readAwsCredentials } from './aws-credentials.ts'
import type { Proof, Signer, SignerContext, Unsigned } from './signer.ts'
import { signV4 } from './sign-v4.ts'
import { named } from './token.ts'

/** The name under which the models of AWS are signed for, whatever the host is called. */
const SERVICE = 'bedrock'

/**
 * AWS's signature of the whole request (SigV4), or a Bedrock API key as bearer. The endpoint's `authOptions` may hold
 * `region`, `access_key_id`, `secret_access_key`, `session_token` and `profile`; what they lack comes from AWS's own
 * variables and files, and from the machine.
 */
export const awsSigV4: Signer = async (request, context) => {
  const found = await readAwsCredentials(request.url, context).catch((cause: unknown) => {
    throw named(cause, context)
  })
  if (typeof found === 'string') return { headers: { authorization: `Bearer ${found}` }, secrets: [found] }
  if (!found) throw refusal(context, missing(request.url, context))
  return sign(request, found, regionOf(request.url, context), context.ports.now())
}

async function sign(request: Unsigned, credentials: AwsIdentity, region: string, now: number): Promise<Proof> {
  // Others (`accept-encoding`, say) may change on the way, and the signature would no longer fit.
  const kept = Object.entries(request.headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-'))
  const headers = await signV4(
    { method: 'POST', url: request.url, headers: Object.fromEntries(kept), body: request.body },
    credentials,
    { region, service: SERVICE, time: new Date(now) },
  )
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return { headers, secrets: [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])] }
}

/** The region that the config or the host names; AWS checks that a signature names the one it reaches. */
function regionOf(url: URL, context: SignerContext): string {
  const { env } = context.ports
  const region =
    context.endpoint.authOptions?.['region'] ??
    REGION_IN_HOST.exec(url.hostname)?.[1] ??
    (env('AWS_REGION') || env('AWS_DEFAULT_REGION'))
  if (!region) throw refusal(context, 'no region is known: set `region` in its entry, or AWS_REGION')
  return region
}

const REGION_IN_HOST = /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\./

function missing(url: URL, { endpoint, ports }: SignerContext): string {
  const profile = endpoint.authOptions?.['profile']
  if (profile !== undefined) return nothingIn(profile)
  if (!isAws(url)) return `${url.host} is none of AWS's hosts, and its entry holds no key: ${IN_CONFIG}`
  const wished = ports.env('AWS_PROFILE')?.trim()
  return wished ? `${nothingIn(wished)}, and ${NO_KEY}` : NO_KEY
}

function nothingIn(profile: string): string {
  return `AWS's files (~/.aws/config and ~/.aws/credentials) hold no profile \`${profile}\`, or nothing to sign with in it`
}

const IN_CONFIG =
  'set `api_key` to a Bedrock API key, or `access_key_id` and `secret_access_key`, or `profile`, in `parameters`'
const NO_KEY = `it has no key: ${IN_CONFIG}, or AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE`

function refusal({ provider }: SignerContext, why: string): ModelError {
  return new ModelError(`${provider.name} was not called, for ${why}`, { kind: 'auth', provider: provider.name })
}
