import { describe, expect, test } from 'bun:test'
import { awsSigV4 } from '../../../src/gateway/auth/aws-sigv4.ts'
import type { SignerContext } from '../../../src/gateway/auth/signer.ts'
import { bunPorts } from '../../../src/platform/bun.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { testProvider } from '../../helper/gateway.ts'

const HOST = 'https://bedrock-runtime.eu-west-3.amazonaws.com'
const PAIR = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret-of-env' }
const FILE = `
[default]
aws_access_key_id = AKIDFILE
aws_secret_access_key=secret-of-file

# temporary
[ other one ]
AWS_ACCESS_KEY_ID = AKIDOTHER
aws_secret_access_key = secret/of+other=
aws_session_token = token-of-other
`

interface Given {
  readonly env?: Record<string, string>
  readonly options?: Record<string, string>
  readonly key?: string
  readonly host?: string
  readonly files?: Record<string, string>
}

async function proof({ env = {}, options, key, host = HOST, files = {} }: Given) {
  const provider = testProvider(host, 'openai-chat', { name: 'bedrock' })
  const endpoint = {
    protocol: 'openai-chat' as const,
    baseUrl: host,
    query: '',
    auth: 'aws-sigv4' as const,
    ...(options && { authOptions: options }),
  }
  const ports = {
    ...bunPorts({ log: () => {}, usage: createMemoryStore(), env }),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    readText: async (file: string) => files[file] ?? Promise.reject(new Error('there is none')),
  }
  const context: SignerContext = {
    provider,
    endpoint,
    ...(key !== undefined && { key }),
    ports,
    signal: new AbortController().signal,
  }
  const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity', 'x-amzn-trace': '1' }
  return awsSigV4({ url: new URL(`${host}/model/m/converse`), headers, body: '{}' }, context)
}

/** Who signs for which region, or the bearer. */
async function shown(given: Given): Promise<string> {
  const authorization = (await proof(given))?.headers['authorization'] ?? ''
  return authorization.replace(/^AWS4-HMAC-SHA256 Credential=(\w+)\/20260102\/([\w-]+)\/bedrock\/.*/, '$1 $2')
}

const home = { HOME: '/home/u' }
const files = { '/home/u/.aws/credentials': FILE }

describe('who signs', () => {
  const cases: readonly (readonly [string, Given, string])[] = [
    ['the key of the config is a Bedrock API key', { key: 'ABSK-1', env: PAIR }, 'Bearer ABSK-1'],
    [
      "the config's key pair goes before the environment",
      {
        options: { access_key_id: 'AKIDOPT', secret_access_key: 's' },
        env: { ...PAIR, AWS_BEARER_TOKEN_BEDROCK: 'b' },
      },
      'AKIDOPT eu-west-3',
    ],
    ['the API key of the environment', { env: { ...PAIR, AWS_BEARER_TOKEN_BEDROCK: ' ABSK-2 ' } }, 'Bearer ABSK-2'],
    ['the key pair of the environment', { env: { ...PAIR, ...home }, files }, 'AKIDENV eu-west-3'],
    ['half a pair is none', { env: { AWS_ACCESS_KEY_ID: 'AKIDENV', ...home }, files }, 'AKIDFILE eu-west-3'],
    ['the credentials file', { env: home, files }, 'AKIDFILE eu-west-3'],
    [
      'its profile that AWS_PROFILE names',
      { env: { ...home, AWS_PROFILE: 'other one' }, files },
      'AKIDOTHER eu-west-3',
    ],
    [
      'the profile that the config names goes before the environment',
      { options: { profile: 'other one' }, env: { ...PAIR, ...home }, files },
      'AKIDOTHER eu-west-3',
    ],
    [
      'the file that AWS_SHARED_CREDENTIALS_FILE names',
      { env: { AWS_SHARED_CREDENTIALS_FILE: '/c' }, files: { '/c': FILE } },
      'AKIDFILE eu-west-3',
    ],
    ['on Windows', { env: { USERPROFILE: '/home/u' }, files }, 'AKIDFILE eu-west-3'],
  ]
  test.each(cases)('%s', async (_name, given, expected) => {
    expect(await shown(given)).toBe(expected)
  })
})

describe('for which region', () => {
  const cases: readonly (readonly [string, Given, string])[] = [
    ['the host names it', {}, 'eu-west-3'],
    ['a FIPS host, too', { host: 'https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com' }, 'us-gov-west-1'],
    ["a VPC's own host, too", { host: 'https://vpce-0a.bedrock-runtime.us-east-2.vpce.amazonaws.com' }, 'us-east-2'],
    ['the config goes before', { options: { region: 'ap-south-1' } }, 'ap-south-1'],
    ['else AWS_REGION', { host: 'https://bedrock.amazonaws.com', env: { AWS_REGION: 'eu-north-1' } }, 'eu-north-1'],
    [
      'else AWS_DEFAULT_REGION',
      { host: 'https://bedrock.amazonaws.com', env: { AWS_DEFAULT_REGION: 'sa-east-1' } },
      'sa-east-1',
    ],
  ]
  test.each(cases)('%s', async (_name, given, region) => {
    expect(await shown({ ...given, env: { ...PAIR, ...given.env } })).toBe(`AKIDENV ${region}`)
  })
})

test('temporary credentials show their token, and only what cannot change on the way is signed', async () => {
  const { headers = {}, secrets } = (await proof({ env: { ...PAIR, AWS_SESSION_TOKEN: 'token-of-env' } })) ?? {}
  expect(headers['x-amz-security-token']).toBe('token-of-env')
  expect(headers['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,')
  expect(secrets).toEqual(['AKIDENV', 'secret-of-env', 'token-of-env'])
})

test.each([
  ['http://bedrock-runtime.us-east-1.amazonaws.com', 'no encryption'],
  ['https://bedrock-runtime.us-east-1.amazonaws.com.example', 'a host of that ending'],
  ['https://proxy.example', 'another host'],
])('credentials that the config does not hold are not for %s: %s', async (host) => {
  const env = { ...PAIR, ...home, AWS_BEARER_TOKEN_BEDROCK: 'ABSK-3', AWS_REGION: 'us-east-1' }
  expect(await proof({ env, host, files }).catch((cause: unknown) => cause)).toMatchObject({ kind: 'auth' })
  expect(await shown({ env, host, files, key: 'ABSK-4' })).toBe('Bearer ABSK-4')
  expect(await shown({ env, host, files, options: { profile: 'default' } })).toStartWith('AKIDFILE ')
})

test('without any credentials nobody is called, and it is said where they belong', async () => {
  const error = await proof({ env: home }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining('AWS_BEARER_TOKEN_BEDROCK') })
})

test.each([
  [
    'a profile that is not there',
    { options: { profile: 'nobody' }, env: home, files },
    'no keys for the profile nobody',
  ],
  ['a host of somebody else', { host: 'https://proxy.example', env: PAIR }, "proxy.example is none of AWS's hosts"],
])('of %s it is said', async (_name, given, message) => {
  const error = await proof(given).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining(message) })
})

test('without a region nobody is called', async () => {
  const error = await proof({ env: PAIR, host: 'https://bedrock.amazonaws.com' }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining('AWS_REGION') })
})
