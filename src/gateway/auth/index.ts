import type { Endpoint } from '../../provider/provider.ts'
import { awsSigV4 } from './aws-sigv4.ts'
import { azure } from './azure.ts'
import { google } from './google.ts'
import { byKeyHeader, keyHeader, type KeyHeader } from './key-header.ts'
import type { Signer } from './signer.ts'

const xApiKey = keyHeader('x-api-key')
const bearer = keyHeader('authorization', 'Bearer ')
const xGoogApiKey = keyHeader('x-goog-api-key')
const cfAigAuthorization = keyHeader('cf-aig-authorization', 'Bearer ')

/** Where nothing of a request but its headers proves who calls, and the same ones each time. */
export const keyHeaders: Readonly<Partial<Record<Endpoint['auth'], KeyHeader>>> = {
  'x-api-key': xApiKey,
  bearer,
  'x-goog-api-key': xGoogApiKey,
  'cf-aig-authorization': cfAigAuthorization,
}

/** Every way to prove to a provider who calls, by what its endpoint asks for. */
export const signers: Readonly<Record<Endpoint['auth'], Signer>> = {
  'x-api-key': byKeyHeader(xApiKey),
  bearer: byKeyHeader(bearer),
  'x-goog-api-key': byKeyHeader(xGoogApiKey),
  'cf-aig-authorization': byKeyHeader(cfAigAuthorization),
  'aws-sigv4': awsSigV4,
  azure,
  google,
}
