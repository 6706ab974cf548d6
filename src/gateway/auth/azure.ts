import type { Proof, Signer, SignerContext } from './signer.ts'
import { askForToken, freshToken, named, refusal, type TokenRequest } from './token.ts'

/**
 * A key of Azure, or a token of Entra ID: the one that the config holds, or one for the application that AZURE_TENANT_ID,
 * AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE) name.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export const azure: Signer = async (request, context) => {
  const { key } = context
  if (key !== undefined) return { headers: key.startsWith('eyJ') ? bearer(key) : { 'api-key': key }, secrets: [] }
  try {
    return await fromEntra(request.url, context)
  } catch (cause) {
    throw named(cause, context)
  }
}

async function fromEntra(url: URL, context: SignerContext): Promise<Proof> {
  const { env } = context.ports
  const tenant = env('AZURE_TENANT_ID')?.trim()
  const client = env('AZURE_CLIENT_ID')?.trim()
  const secret = env('AZURE_CLIENT_SECRET')?.trim()
  const file = env('AZURE_FEDERATED_TOKEN_FILE')?.trim()
  if (!tenant || !client || !(secret || file)) throw refusal(MISSING)
  const scope = scopeOf(url)
  const authority = (env('AZURE_AUTHORITY_HOST')?.trim() || 'https://login.microsoftonline.com').replace(/\/+$/, '')
  const ask = async (): Promise<TokenRequest> => ({
    url: `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: client,
      scope,
      ...(secret ? { client_secret: secret } : await assertionOf(file ?? '', context)),
    },
  })
  const name = ['entra', authority, tenant, client, secret ?? file, scope].join(' ')
  const value = await freshToken(name, context, async () => askForToken(await ask(), context))
  return { headers: bearer(value), secrets: [value, ...(secret ? [secret] : [])] }
}

async function assertionOf(file: string, { ports }: SignerContext): Promise<Record<string, string>> {
  const text = await ports.readText(file).catch((cause: unknown) => {
    throw refusal(`AZURE_FEDERATED_TOKEN_FILE ${file} cannot be read`, cause)
  })
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: text.trim(),
  }
}

/**
 * Foundry's own host has an audience of its own, for Claude, too.
 * https://github.com/anthropics/anthropic-sdk-typescript/tree/main/packages/foundry-sdk
 */
function scopeOf({ hostname }: URL): string {
  return hostname.endsWith('.services.ai.azure.com')
    ? 'https://ai.azure.com/.default'
    : 'https://cognitiveservices.azure.com/.default'
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

const MISSING =
  'it has no key: set `api_key`, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for a token of Entra ID'
