import { asString, isObject, type Json, type JsonObject } from '../../canonical/json.ts'
import { signStatement } from './google-jwt.ts'
import type { Proof, Signer, SignerContext } from './signer.ts'
import { askForToken, freshToken, named, refusal, type Token } from './token.ts'

/**
 * A token of Google's clouds. The key of the config may be an API key, an access token, or a service account's JSON;
 * without one, what the endpoint's `authOptions` or GOOGLE_APPLICATION_CREDENTIALS names as a file counts, then what
 * `gcloud auth application-default login` has left, then the metadata server of the machine.
 */
export const google: Signer = async (_request, context) => {
  const { key } = context
  if (key !== undefined && !key.startsWith('{')) return shownKey(key)
  try {
    const found = key === undefined ? await findCredentials(context) : { text: key, place: 'api_key' }
    const value = found ? await fromCredentials(found, context) : await fromMetadata(context)
    return { headers: { authorization: `Bearer ${value}` }, secrets: [value] }
  } catch (cause) {
    throw named(cause, context)
  }
}

/** Credentials as they lie in a file, and where. */
interface Found {
  readonly text: string
  readonly place: string
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token'

function shownKey(key: string): Proof {
  const isToken = key.startsWith('ya29.') || key.startsWith('eyJ')
  return { headers: isToken ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }, secrets: [] }
}

async function findCredentials({ endpoint, ports }: SignerContext): Promise<Found | undefined> {
  const { client_email, private_key } = endpoint.authOptions ?? {}
  if (client_email !== undefined && private_key !== undefined)
    return { text: JSON.stringify({ type: 'service_account', client_email, private_key }), place: 'the transformer' }
  const stated = endpoint.authOptions?.['credentials'] ?? ports.env('GOOGLE_APPLICATION_CREDENTIALS')?.trim()
  if (stated) {
    const text = await ports.readText(stated).catch((cause: unknown) => {
      throw refusal(`the credentials file ${stated} cannot be read`, cause)
    })
    return { text, place: stated }
  }
  for (const place of wellKnown(ports.env)) {
    // Nobody has said that there is one.
    const text = await ports.readText(place).catch(() => undefined)
    if (text !== undefined) return { text, place }
  }
  return undefined
}

/** Where gcloud keeps the login of a person. */
function wellKnown(env: SignerContext['ports']['env']): string[] {
  const own = env('CLOUDSDK_CONFIG')?.trim()
  const home = env('HOME')
  const roaming = env('APPDATA')
  const folders = own ? [own] : [...(home ? [`${home}/.config/gcloud`] : []), ...(roaming ? [`${roaming}/gcloud`] : [])]
  return folders.map((folder) => `${folder}/application_default_credentials.json`)
}

async function fromCredentials({ text, place }: Found, context: SignerContext): Promise<string> {
  const credentials = readCredentials(text, place)
  const ask = ways[asString(credentials['type']) ?? '']
  if (!ask) {
    const type = asString(credentials['type']) ?? 'none'
    throw refusal(`${place} holds credentials of the type ${type}: only ${Object.keys(ways).join(' and ')} are served`)
  }
  return freshToken(`google ${text}`, context, () => ask(credentials, place, context))
}

type Ask = (credentials: JsonObject, place: string, context: SignerContext) => Promise<Token>

const ways: Readonly<Record<string, Ask>> = {
  service_account: async (credentials, place, context) => {
    const audience = asString(credentials['token_uri']) ?? TOKEN_URL
    const keyId = asString(credentials['private_key_id'])
    const account = {
      email: fieldOf(credentials, 'client_email', place),
      privateKey: fieldOf(credentials, 'private_key', place),
      audience,
      ...(keyId !== undefined && { keyId }),
    }
    const assertion = await signStatement(account, context.ports.now())
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    return askForToken({ url: audience, form }, context)
  },
  authorized_user: (credentials, place, context) =>
    askForToken(
      {
        url: asString(credentials['token_uri']) ?? TOKEN_URL,
        form: {
          grant_type: 'refresh_token',
          client_id: fieldOf(credentials, 'client_id', place),
          client_secret: fieldOf(credentials, 'client_secret', place),
          refresh_token: fieldOf(credentials, 'refresh_token', place),
        },
      },
      context,
    ),
}

function fieldOf(credentials: JsonObject, field: string, place: string): string {
  const value = asString(credentials[field])
  if (!value) throw refusal(`${place} has no ${field}`)
  return value
}

function readCredentials(text: string, place: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    if (isObject(value)) return value
  } catch {
    // Said below; the text may hold a key.
  }
  throw refusal(`${place} is no JSON file of credentials`)
}

// https://cloud.google.com/compute/docs/access/authenticate-workloads
async function fromMetadata(context: SignerContext): Promise<string> {
  const { env } = context.ports
  const host = env('GCE_METADATA_HOST')?.trim() || env('GCE_METADATA_IP')?.trim() || 'metadata.google.internal'
  const request = {
    url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
    headers: { 'metadata-flavor': 'Google' },
    timeoutMs: METADATA_TIMEOUT_MS,
  }
  return freshToken(`google metadata ${host}`, context, () =>
    askForToken(request, context).catch((cause: unknown) => {
      throw refusal(`${MISSING} (${cause instanceof Error ? cause.message : String(cause)})`, cause)
    }),
  )
}

/** Elsewhere than in Google's cloud nobody has this address. */
const METADATA_TIMEOUT_MS = 3000
const MISSING =
  'no credentials were found: set GOOGLE_APPLICATION_CREDENTIALS to the JSON file of a service account, or run `gcloud auth application-default login`'
