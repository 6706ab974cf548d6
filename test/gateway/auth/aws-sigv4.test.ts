import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsSigV4 } from '../../../src/gateway/auth/aws-sigv4.ts'
import type { SignerContext } from '../../../src/gateway/auth/signer.ts'
import type { FetchInit } from '../../../src/platform/ports.ts'
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
[other]
aws_access_key_id = AKIDOTHER
aws_secret_access_key = secret/of+other=
aws_session_token = token-of-other
`

interface Given {
  readonly env?: Record<string, string>
  readonly options?: Record<string, string>
  readonly key?: string
  readonly host?: string
  readonly files?: Record<string, string>
  /** What the machine's own addresses answer, by method and URL. */
  readonly machine?: Record<string, string>
  readonly asked?: string[]
}

async function proof({ env = {}, options, key, host = HOST, files = {}, machine = {}, asked = [] }: Given) {
  const provider = testProvider(host, 'openai-chat', { name: 'bedrock' })
  const endpoint = {
    protocol: 'openai-chat' as const,
    baseUrl: host,
    query: '',
    auth: 'aws-sigv4' as const,
    ...(options && { authOptions: options }),
  }
  const ports = {
    // Not the files of whoever runs the tests.
    ...bunPorts({ log: () => {}, usage: createMemoryStore(), env: { ...(!env['USERPROFILE'] && bare), ...env } }),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    fetch: async (url: string, { method, headers }: FetchInit) => {
      asked.push([method, url, ...Object.entries(headers).flat()].join(' '))
      const answer = machine[`${method} ${url}`]
      if (answer === undefined) throw new Error('nobody is there')
      return new Response(answer, { status: answer === '' ? 404 : 200 })
    },
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

const folder = mkdtempSync(join(tmpdir(), 'ccr-aws-'))
const home = { HOME: join(folder, 'home') }
const bare = { HOME: join(folder, 'bare') }
mkdirSync(join(home.HOME, '.aws'), { recursive: true })
writeFileSync(join(home.HOME, '.aws/credentials'), FILE)
writeFileSync(join(folder, 'c'), FILE)
afterAll(() => rmSync(folder, { recursive: true }))

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
    ['the key pair of the environment', { env: { ...PAIR, ...home } }, 'AKIDENV eu-west-3'],
    ['half a pair is none', { env: { AWS_ACCESS_KEY_ID: 'AKIDENV', ...home } }, 'AKIDFILE eu-west-3'],
    ['the credentials file', { env: home }, 'AKIDFILE eu-west-3'],
    ['its profile that AWS_PROFILE names', { env: { ...home, AWS_PROFILE: 'other' } }, 'AKIDOTHER eu-west-3'],
    [
      'the profile that the config names goes before the environment',
      { options: { profile: 'other' }, env: { ...PAIR, ...home } },
      'AKIDOTHER eu-west-3',
    ],
    [
      'the file that AWS_SHARED_CREDENTIALS_FILE names',
      { env: { ...bare, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'c') } },
      'AKIDFILE eu-west-3',
    ],
    ['on Windows', { env: { USERPROFILE: home.HOME } }, 'AKIDFILE eu-west-3'],
  ]
  test.each(cases)('%s', async (_name, given, expected) => {
    expect(await shown(given)).toBe(expected)
  })
})

describe('what a machine of AWS is given', () => {
  const IMDS = 'http://169.254.169.254/latest'
  const given = (id: string): string =>
    JSON.stringify({ AccessKeyId: id, SecretAccessKey: 's', Token: 't', Expiration: '2026-01-02T09:00:00Z' })
  const instance = {
    [`PUT ${IMDS}/api/token`]: 'session',
    [`GET ${IMDS}/meta-data/iam/security-credentials/`]: 'role-of-it\nother',
    [`GET ${IMDS}/meta-data/iam/security-credentials/role-of-it`]: given('AKIDINSTANCE'),
  }
  const task = { 'GET http://169.254.170.2/v2/creds': given('AKIDTASK') }
  const pod = { 'GET http://169.254.170.23/v1/credentials': given('AKIDPOD') }

  test.each<[string, Given, string]>([
    ['an instance', { machine: instance }, 'AKIDINSTANCE eu-west-3'],
    [
      'a container',
      { machine: { ...task, ...instance }, env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/creds' } },
      'AKIDTASK eu-west-3',
    ],
    [
      'a pod',
      {
        machine: pod,
        files: { '/token': 'pod-token\n' },
        env: {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/token',
        },
      },
      'AKIDPOD eu-west-3',
    ],
    [
      'an instance that is asked elsewhere',
      {
        machine: Object.fromEntries(
          Object.entries(instance).map(([asked, answer]) => [
            asked.replace('http://169.254.169.254', 'http://127.0.0.1:1'),
            answer,
          ]),
        ),
        env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1/' },
      },
      'AKIDINSTANCE eu-west-3',
    ],
    ['but the environment goes before', { machine: instance, env: PAIR }, 'AKIDENV eu-west-3'],
  ])('%s', async (_name, each, expected) => {
    expect(await shown(each)).toBe(expected)
  })

  test('is asked for with the session’s or the pod’s own token', async () => {
    const asked: string[] = []
    await proof({ machine: instance, asked })
    expect(asked.slice(1).every((line) => line.endsWith('x-aws-ec2-metadata-token session'))).toBe(true)
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'mine',
    }
    await proof({ machine: pod, env, asked })
    expect(asked.at(-1)).toEndWith('authorization mine')
  })

  test.each<[string, Given, string]>([
    ['there is no such machine', {}, 'AWS_BEARER_TOKEN_BEDROCK'],
    [
      'it may not be asked',
      { machine: instance, env: { AWS_EC2_METADATA_DISABLED: 'true' } },
      'AWS_BEARER_TOKEN_BEDROCK',
    ],
    [
      'the container’s address is silent',
      { env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' } },
      '169.254.170.2, which gives this machine its AWS credentials, cannot be reached',
    ],
    [
      'the pod’s own token cannot be read',
      {
        env: {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nowhere',
        },
      },
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE /nowhere cannot be read',
    ],
    [
      'it refuses',
      { machine: { 'GET http://169.254.170.2/x': '' }, env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' } },
      '169.254.170.2 gave no AWS credentials (404)',
    ],
    [
      'it answers something else',
      { machine: { 'GET http://169.254.170.2/x': '<html>' }, env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' } },
      'cannot be read',
    ],
    [
      'the address is somebody else’s',
      { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/' } },
      'is neither encrypted nor an address of this machine',
    ],
  ])('nobody is called where %s', async (_name, each, message) => {
    const error = await proof(each).catch((cause: unknown) => cause)
    expect(String(error)).toStartWith('ModelError: bedrock was not called')
    expect(String(error)).toContain(message)
    expect(error).toMatchObject({ kind: 'auth' })
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
  expect(await proof({ env, host }).catch((cause: unknown) => cause)).toMatchObject({ kind: 'auth' })
  expect(await shown({ env, host, key: 'ABSK-4' })).toBe('Bearer ABSK-4')
  expect(await shown({ env, host, options: { profile: 'default' } })).toStartWith('AKIDFILE ')
})

test('without any credentials nobody is called, and it is said where they belong', async () => {
  const error = await proof({ env: bare }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining('AWS_BEARER_TOKEN_BEDROCK') })
})

test.each([
  ['a profile that is not there', { options: { profile: 'nobody' }, env: home }, 'hold no profile `nobody`'],
  ['a host of somebody else', { host: 'https://proxy.example', env: PAIR }, "proxy.example is none of AWS's hosts"],
])('of %s it is said', async (_name, given, message) => {
  const error = await proof(given).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining(message) })
})

test('without a region nobody is called', async () => {
  const error = await proof({ env: PAIR, host: 'https://bedrock.amazonaws.com' }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining('AWS_REGION') })
})
