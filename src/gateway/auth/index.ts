import type { Endpoint } from '../../provider/provider.ts'
import { awsSigV4 } from './aws-sigv4.ts'
import { azure } from './azure.ts'
import { google } from './google.ts'
import { keyHeader } from './key-header.ts'
import type { Signer } from './signer.ts'

/** Every way to prove to a provider who calls, by what its endpoint asks for. */
export const signers: Readonly<Record<Endpoint['auth'], Signer>> = {
  'x-api-key': keyHeader('x-api-key'),
  bearer: keyHeader('authorization', 'Bearer '),
  'x-goog-api-key': keyHeader('x-goog-api-key'),
  'cf-aig-authorization': keyHeader('cf-aig-authorization', 'Bearer '),
  'aws-sigv4': awsSigV4,
  azure,
  google,
}
