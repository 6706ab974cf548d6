import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsSigV4 } from '../../../src/gateway/auth/aws-sigv4.ts'
import type { SignerContext } from '../../../src/gateway/auth/signer.ts'
import { bunPorts } from '../../../src/platform/bun.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { json, type Answer } from '../../helper/answer.ts'
import { testProvider } from '../../helper/gateway.ts'
import { createUpstream, type Received, type Upstream } from '../../helper/upstream.ts'

const HOST = 'https://bedrock-runtime.eu-west-3.amazonaws.com'
const ROLE = 'arn:aws:iam::123456789012:role/r'
const CONFIG = `
[default]
region = us-east-2

[profile plain]
aws_access_key_id = AKIDPLAIN
aws_secret_access_key = secret

[profile program]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIDPROGRAM","SecretAccessKey":"s","SessionToken":"t"}'

[profile broken-program]
credential_process = sh -c 'echo key-of-a-test >&2; exit 3'

[profile login]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev

[profile old-login]
sso_start_url = https://old.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = dev

[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access

[profile role]
role_arn = ${ROLE}
source_profile = plain
external_id = ext

[profile role-of-login]
role_arn = ${ROLE}
source_profile = login

[profile cluster]
role_arn = ${ROLE}
web_identity_token_file = TOKEN_FILE

[profile with-code]
role_arn = ${ROLE}
source_profile = plain
mfa_serial = arn:aws:iam::123456789012:mfa/me

[profile circle]
role_arn = ${ROLE}
source_profile = other-half

[profile other-half]
role_arn = ${ROLE}
source_profile = circle
`

/** What AWS says to a login that it no longer takes. */
const ENDED = json({ message: 'Session token not found or invalid' }, 401, {
  'x-amzn-errortype': 'UnauthorizedException',
})

let folder = ''
let cloud: Upstream
/** What AWS says instead, by what it is asked for. */
let refusals: Readonly<Record<string, Answer>> = {}
const before = { ...process.env }

// The library asks the environment of the process where AWS is, and where a login is kept.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-aws-user-'))
  cloud = await createUpstream(playAws)
  for (const service of ['STS', 'SSO', 'SSO_OIDC']) process.env[`AWS_ENDPOINT_URL_${service}`] = cloud.url
  Object.assign(process.env, { HOME: folder, AWS_CONFIG_FILE: join(folder, '.aws/config') })
})
beforeEach(() => {
  refusals = {}
  rmSync(join(folder, '.aws'), { recursive: true, force: true })
  mkdirSync(join(folder, '.aws/sso/cache'), { recursive: true })
  writeFileSync(join(folder, 'token'), 'token-of-the-cluster')
  writeFileSync(join(folder, '.aws/config'), CONFIG.replace('TOKEN_FILE', join(folder, 'token')))
  logIn('corp', '2030-01-01T00:00:00Z')
  logIn('https://old.awsapps.com/start', '2030-01-01T00:00:00Z')
})
afterAll(async () => {
  for (const name of ['STS', 'SSO', 'SSO_OIDC']) delete process.env[`AWS_ENDPOINT_URL_${name}`]
  for (const name of ['HOME', 'AWS_CONFIG_FILE']) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
  await cloud.close()
  rmSync(folder, { recursive: true })
})

/** What `aws sso login` leaves. */
function logIn(session: string, expiresAt: string, more: object = {}): void {
  const name = new Bun.CryptoHasher('sha1').update(session).digest('hex')
  const kept = { startUrl: 'https://corp.awsapps.com/start', accessToken: 'login-1', expiresAt, ...more }
  writeFileSync(join(folder, `.aws/sso/cache/${name}.json`), JSON.stringify(kept))
}

const UNTIL = Date.UTC(2026, 0, 1, 1)

function playAws(request: Received): Answer {
  const asked = askedFor(request)
  const refusal = refusals[asked]
  if (refusal) return refusal
  if (asked === 'login')
    return json({
      roleCredentials: { accessKeyId: 'AKIDLOGIN', secretAccessKey: 's', sessionToken: 't', expiration: UNTIL },
    })
  if (asked === 'renewal') return json({ accessToken: 'login-2', expiresIn: 3600, refreshToken: 'renew-2' })
  const given = `<Credentials><AccessKeyId>AKID${asked.toUpperCase()}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>`
  return xml(`<${asked}Response><${asked}Result>${given}</${asked}Result></${asked}Response>`)
}

function askedFor({ path, text }: Received): string {
  if (path === '/federation/credentials') return 'login'
  return path === '/token' ? 'renewal' : (new URLSearchParams(text).get('Action') ?? path)
}

function xml(text: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, framing: 'whole', pieces: [text] }
}

interface Given {
  readonly profile?: string
  readonly env?: Readonly<Record<string, string>>
  readonly now?: () => number
}

/** Signs calls one after the other, or at once, as a gateway does; each tells the id of the key that signed it. */
function signer({ profile, env = {}, now = () => Date.UTC(2026, 0, 1) }: Given) {
  const config = { HOME: folder, ...env }
  const ports = { ...bunPorts({ log: () => {}, usage: createMemoryStore(), env: config }), now }
  const context: SignerContext = {
    provider: testProvider(HOST, 'bedrock-converse', { name: 'bedrock' }),
    endpoint: {
      protocol: 'bedrock-converse',
      baseUrl: HOST,
      query: '',
      auth: 'aws-sigv4',
      ...(profile !== undefined && { authOptions: { profile } }),
    },
    ports,
    signal: new AbortController().signal,
  }
  return async (): Promise<string> => {
    const proof = await awsSigV4({ url: new URL(`${HOST}/model/m/converse`), headers: {}, body: '{}' }, context)
    return /Credential=(\w+)/.exec(proof?.headers['authorization'] ?? '')?.[1] ?? ''
  }
}

describe('who signs', () => {
  test.each<[string, Given, string]>([
    ['a profile with keys', { profile: 'plain' }, 'AKIDPLAIN'],
    ['a profile with a program', { profile: 'program' }, 'AKIDPROGRAM'],
    ['a profile with a login', { profile: 'login' }, 'AKIDLOGIN'],
    ['a profile with a login as it used to be written', { profile: 'old-login' }, 'AKIDLOGIN'],
    ['a profile with a role, which another takes', { profile: 'role' }, 'AKIDASSUMEROLE'],
    ['a profile with a role, which a login takes', { profile: 'role-of-login' }, 'AKIDASSUMEROLE'],
    ['a profile with the token of a cluster', { profile: 'cluster' }, 'AKIDASSUMEROLEWITHWEBIDENTITY'],
    ['the profile that AWS_PROFILE names', { env: { AWS_PROFILE: 'login' } }, 'AKIDLOGIN'],
  ])('%s', async (_name, given, id) => {
    expect(await signer(given)()).toBe(id)
  })

  test('the role of a cluster goes before the profile of those who name none, but not before one that is named', async () => {
    writeFileSync(join(folder, '.aws/credentials'), '[default]\naws_access_key_id=AKIDFILE\naws_secret_access_key=s\n')
    const cluster = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'), AWS_ROLE_ARN: ROLE }
    expect(await signer({ env: cluster })()).toBe('AKIDASSUMEROLEWITHWEBIDENTITY')
    expect(new URLSearchParams(cloud.requests.at(-1)?.text).get('WebIdentityToken')).toBe('token-of-the-cluster')
    expect(await signer({ env: { ...cluster, AWS_PROFILE: 'plain' } })()).toBe('AKIDPLAIN')
    expect(await signer({})()).toBe('AKIDFILE')
  })

  test('a role is asked for as the profile says, by who may take it', async () => {
    await signer({ profile: 'role' })()
    const { text = '', headers } = cloud.requests.at(-1) ?? {}
    expect(Object.fromEntries(new URLSearchParams(text))).toMatchObject({ RoleArn: ROLE, ExternalId: 'ext' })
    expect(headers?.['authorization']).toContain('Credential=AKIDPLAIN/')
  })
})

describe('what was given', () => {
  const asked = (from: number): string[] => cloud.requests.slice(from).map(askedFor)

  test('is asked for once by calls at a time, kept, and renewed before it runs out', async () => {
    let now = Date.UTC(2026, 0, 1)
    const sign = signer({ profile: 'login', now: () => now })
    const from = cloud.requests.length
    expect(await Promise.all([sign(), sign(), sign()])).toEqual(['AKIDLOGIN', 'AKIDLOGIN', 'AKIDLOGIN'])
    now += 55 * 60_000
    await sign()
    expect(asked(from)).toEqual(['login'])
    now += 2 * 60_000
    await sign()
    expect(asked(from)).toEqual(['login', 'login'])
  })

  test('serves on while it is good, though it cannot be renewed', async () => {
    let now = Date.UTC(2026, 0, 1)
    const sign = signer({ profile: 'login', now: () => now })
    await sign()
    refusals = { login: ENDED }
    now += 57 * 60_000
    expect(await sign()).toBe('AKIDLOGIN')
    now += 3 * 60_000
    expect(await sign().catch(String)).toContain('aws sso login')
  })

  test('by a login that is about to end is asked for with a new one, which is kept where the old one was', async () => {
    const renewable = {
      clientId: 'c',
      clientSecret: 's',
      refreshToken: 'renew-1',
      registrationExpiresAt: '2030-01-01T00:00:00Z',
    }
    logIn('corp', new Date(Date.now() + 1000).toISOString(), renewable)
    const from = cloud.requests.length
    expect(await signer({ profile: 'login' })()).toBe('AKIDLOGIN')
    expect(asked(from)).toEqual(['renewal', 'login'])
    expect(cloud.requests.at(-1)?.headers['x-amz-sso_bearer_token']).toBe('login-2')
    const file = new Bun.CryptoHasher('sha1').update('corp').digest('hex')
    expect(readFileSync(join(folder, `.aws/sso/cache/${file}.json`), 'utf8')).toContain('login-2')
  })

  test('a file that another program keeps fresh is read again', async () => {
    let now = Date.UTC(2026, 0, 1)
    const sign = signer({ profile: 'plain', now: () => now })
    expect(await sign()).toBe('AKIDPLAIN')
    writeFileSync(join(folder, '.aws/config'), CONFIG.replace('AKIDPLAIN', 'AKIDFRESH'))
    now += 61_000
    expect(await sign()).toBe('AKIDFRESH')
  })
})

describe('nobody is called, and it is said what to do', () => {
  const denied = xml(
    `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`,
    403,
  )
  test.each<[string, string, Readonly<Record<string, Answer>>, string]>([
    ['a login that AWS no longer takes', 'login', { login: ENDED }, 'run `aws sso login --profile login`'],
    ['a role that is refused', 'role', { AssumeRole: denied }, 'not authorized to perform: sts:AssumeRole'],
    ['a code that nobody can type', 'with-code', {}, 'it asks for a code (MFA)'],
    ['a program that fails', 'broken-program', {}, 'its credential_process failed'],
    ['profiles that name each other', 'circle', {}, 'cycle'],
    ['no such profile', 'nobody', {}, 'hold no profile `nobody`'],
  ])('%s', async (_name, profile, refused, message) => {
    refusals = refused
    const error = await signer({ profile })().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ kind: 'auth', details: { provider: 'bedrock' } })
    expect(String(error)).toStartWith('ModelError: bedrock was not called')
    expect(String(error)).toContain(message)
    expect(String(error)).toContain(`\`${profile}\``)
    expect(String(error)).not.toContain('key-of-a-test')
  })

  test('a login that is not there', async () => {
    rmSync(join(folder, '.aws/sso'), { recursive: true })
    for (const profile of ['login', 'old-login'])
      // oxlint-disable-next-line no-await-in-loop -- the order is that of the failures
      expect(await signer({ profile })().catch(String)).toContain(`run \`aws sso login --profile ${profile}\``)
  })

  test('AWS cannot be reached', async () => {
    const url = process.env['AWS_ENDPOINT_URL_STS']
    process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:9'
    const error = await signer({ profile: 'role' })().catch((cause: unknown) => cause)
    process.env['AWS_ENDPOINT_URL_STS'] = url
    expect(error).toMatchObject({ kind: 'network' })
    expect(String(error)).toContain('127.0.0.1:9 cannot be reached for credentials of AWS')
  })
})
