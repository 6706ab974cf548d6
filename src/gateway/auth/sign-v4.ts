import type { AwsIdentity } from '../../platform/ports.ts'

/** What is signed: the method, the URL, the body, and every one of the headers. */
export interface SignedRequest {
  readonly method: string
  readonly url: URL
  /** Besides `host`, which the URL says. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Where and when a signature is good. */
export interface SigningScope {
  readonly region: string
  readonly service: string
  readonly time: Date
}

/**
 * The headers of AWS's Signature Version 4, as all services but S3 want it: `authorization`, `x-amz-date` and, of
 * temporary credentials, `x-amz-security-token`. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export async function signV4(
  request: SignedRequest,
  credentials: AwsIdentity,
  scope: SigningScope,
): Promise<Record<string, string>> {
  const time = scope.time.toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
  const added = {
    'x-amz-date': time,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  }
  const headers = canonicalHeaders({ host: request.url.host, ...request.headers, ...added })
  const names = headers.map(([name]) => name).join(';')
  const place = [time.slice(0, 8), scope.region, scope.service, 'aws4_request']
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.search.slice(1)),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    await hash(request.body),
  ].join('\n')
  const signed = [ALGORITHM, time, place.join('/'), await hash(canonical)].join('\n')
  const signature = toHex(await hmac(await signingKey(credentials.secretAccessKey, place), signed))
  const credential = `${credentials.accessKeyId}/${place.join('/')}`
  return {
    ...added,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

function canonicalHeaders(headers: Readonly<Record<string, string>>): [name: string, value: string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim().replaceAll(/ +/g, ' ')])
    .toSorted(([one], [other]) => compare(one, other))
}

/** The path as it is sent, encoded once more. */
function canonicalPath(path: string): string {
  return path
    .replaceAll(/\/{2,}/g, '/')
    .split('/')
    .map(encode)
    .join('/')
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .flatMap((pair) => {
      if (pair === '') return []
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [[encode(decoded(name)), encode(decoded(value))] as const]
    })
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** `encodeURIComponent` leaves five characters alone that AWS encodes. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** By code units, as AWS sorts; `localeCompare` sorts otherwise. */
function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

const text = new TextEncoder()

async function signingKey(secret: string, place: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  let key = text.encode(`AWS4${secret}`)
  // oxlint-disable-next-line no-await-in-loop -- each key is made with the one before
  for (const step of place) key = await hmac(key, step)
  return key
}

async function hmac(key: Uint8Array<ArrayBuffer>, message: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, text.encode(message)))
}

async function hash(message: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', text.encode(message))))
}

function toHex(bytes: Uint8Array): string {
  return bytes.toHex()
}
