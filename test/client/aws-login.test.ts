import { expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { json } from '../helper/answer.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { createUpstream } from '../helper/upstream.ts'
import { createScratch, type Scratch } from './agent.ts'
import { LIMIT_MS } from './play.ts'
import { startConfigured } from './served.ts'

const CONFIG = `
[profile work]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev

[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
`

/** What `aws configure sso` and `aws sso login` leave behind. */
async function logIn({ home }: Scratch): Promise<void> {
  const cache = join(home, '.aws/sso/cache')
  await mkdir(cache, { recursive: true })
  await writeFile(join(home, '.aws/config'), CONFIG)
  const name = new Bun.CryptoHasher('sha1').update('corp').digest('hex')
  const kept = { accessToken: 'login-of-a-test', expiresAt: '2099-01-01T00:00:00Z' }
  await writeFile(join(cache, `${name}.json`), JSON.stringify(kept))
}

test(
  'the executable signs its calls to Bedrock with what a login of the aws program has left',
  async () => {
    await using scratch = await createScratch()
    await logIn(scratch)
    const credentials = { accessKeyId: 'AKIDLOGIN', secretAccessKey: 's', sessionToken: 'session-of-a-test' }
    await using aws = await createUpstream((request) =>
      request.path === '/federation/credentials'
        ? json({ roleCredentials: { ...credentials, expiration: Date.now() + 3_600_000 } })
        : answerTurn(request, { text: 'Signed.' }),
    )
    const bedrock = { name: 'bedrock', region: 'eu-west-3', origin: aws.url, parameters: { profile: 'work' } }
    await using router = await startConfigured(
      { Providers: [bedrock], Router: { default: 'bedrock,amazon.nova' } },
      scratch,
      { AWS_ENDPOINT_URL_SSO: aws.url },
    )
    const response = await fetch(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'x', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Signed.' } }] })
    const [asked, called] = aws.requests
    expect(asked?.headers['x-amz-sso_bearer_token']).toBe('login-of-a-test')
    expect(called?.headers['authorization']).toStartWith('AWS4-HMAC-SHA256 Credential=AKIDLOGIN/')
    expect(called?.headers['x-amz-security-token']).toBe('session-of-a-test')
  },
  LIMIT_MS,
)
