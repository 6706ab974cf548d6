import { refusal } from './token.ts'

/** Who signs a statement for Google. */
export interface ServiceAccount {
  readonly email: string
  /** PKCS #8, in PEM. */
  readonly privateKey: string
  readonly keyId?: string
  /** Where the statement is shown. */
  readonly audience: string
}

/**
 * A service account's signed statement that it wants a token for Google's clouds.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function signStatement(account: ServiceAccount, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(account.keyId !== undefined && { kid: account.keyId }) }
  const claims = {
    iss: account.email,
    scope: SCOPE,
    aud: account.audience,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
  }
  const text = `${base64Url(encode(JSON.stringify(header)))}.${base64Url(encode(JSON.stringify(claims)))}`
  const key = await importKey(account.privateKey)
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, encode(text))
  return `${text}.${base64Url(new Uint8Array(signature))}`
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const LIFETIME_SECONDS = 3600

async function importKey(pem: string): Promise<CryptoKey> {
  // Keys that went through a variable of the environment have their line ends as two characters.
  const base64 = pem
    .replaceAll('\\n', '\n')
    .replaceAll(/-----[^-]+-----/g, '')
    .replaceAll(/\s+/g, '')
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return await crypto.subtle.importKey('pkcs8', bytes, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
      'sign',
    ])
  } catch (cause) {
    throw refusal('the private key of the service account cannot be read', cause)
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function base64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
