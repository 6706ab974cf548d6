import { describe, expect, test } from 'bun:test'
import { json, stream, type Answer } from '../helper/answer.ts'
import { scriptedFetch } from '../helper/fuzz/scripted-fetch.ts'
import { post, testGateway, testProvider, type TestGateway } from '../helper/gateway.ts'
import { FAILURES, OVERFLOWS, type Refusal } from '../helper/provider-errors.ts'

const REQUEST = { model: 'm', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'x' }] }
const LONGEST = 300

const overflows = OVERFLOWS.map((refusal) => [refusal.by, refusal] as const)
const failures = FAILURES.map((refusal) => [refusal.by, refusal] as const)

describe('#14: a prompt that does not fit is told as Anthropic tells it, so that Claude Code compacts', () => {
  test.each(overflows)('%s', async (_, refusal) => {
    const { response, error } = await told(refusal)
    // Any other status would be tried again, or told to the user as something else.
    expect(response.status).toBe(400)
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toContain(refusal.told)
    expectReadable(error.message)
  })

  const inStream = overflows.filter(
    ([, { protocol, body }]) => protocol !== 'anthropic-messages' && typeof body === 'object',
  )
  test.each(inStream)('%s, inside a stream', async (_, refusal) => {
    const { response, error } = await told(refusal, stream([`data: ${JSON.stringify(refusal.body)}\n\n`]))
    expect(response.status).toBe(400)
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toContain(refusal.told)
  })
})

// What agents know an overflow by, besides Claude Code, whose words are above.
describe('#14: a prompt that does not fit is told to every client so that it knows it', () => {
  const code = { code: 'context_length_exceeded' }
  const googles = { code: 400, message: expect.stringMatching(/input token count.*exceeds the maximum/i) }
  const contents = [{ role: 'user', parts: [{ text: 'x' }] }]
  const clients: readonly (readonly [path: string, request: object, error: object])[] = [
    ['/v1/chat/completions', REQUEST, code],
    ['/v1/responses', { model: 'm', stream: true, input: 'x' }, code],
    ['/v1beta/models/m:streamGenerateContent?alt=sse', { contents }, googles],
  ]
  test.each(clients.flatMap((client) => OVERFLOWS.map((refusal) => [client[0], refusal.by, client, refusal] as const)))(
    'at %s: %s',
    async (_path, _by, [path, request, error], refusal) => {
      const { gateway } = gatewayOf(refusal)
      const response = await gateway(post(path, request))
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error })
    },
  )
})

describe('#62: a provider’s error is one readable sentence of the right type', () => {
  test.each(failures)('%s', async (_, refusal) => {
    const { response, error } = await told(refusal)
    expect(response.status).toBe(refusal.status)
    expect(error.type).toBe(refusal.type)
    expect(error.message).toContain(refusal.says)
    expect(error.message).toContain('mock (mock-20250514)')
    expect(response.headers.get('retry-after')).toBe(refusal.waits ?? null)
    expectReadable(error.message)
  })

  test.each(failures.filter(([, { body }]) => body !== ''))(
    '%s: the log holds what the provider said',
    async (_, refusal) => {
      const { lines } = await told(refusal)
      const line = lines.find(({ message }) => message === 'the provider refused')
      expect(line?.level).toBe('debug')
      const { body } = line?.fields ?? {}
      expect(textOf(refusal).startsWith(String(body).slice(0, 30))).toBe(true)
      expect(String(body).length).toBeLessThanOrEqual(2001)
    },
  )

  test('the log shows no key that the provider repeats', async () => {
    const keys = [
      'sk-proj-abcdefghijklmnopqrstuvwx',
      'upstream-key',
      'AIzaSyA1234567890abcdefghijklmnopqrstuv',
      'Bearer abcdef0123456789abcdef',
    ]
    const message = `Wrong key: ${keys.join(', ')}`
    const { lines, error } = await told({ by: 'x', protocol: 'openai-chat', status: 401, body: { error: { message } } })
    const written = JSON.stringify(lines)
    for (const key of [...keys.slice(0, 3), 'abcdef0123456789abcdef']) {
      expect(written).not.toContain(key)
      expect(error.message).not.toContain(key)
    }
  })
})

async function told(refusal: Refusal, answer: Answer = answerOf(refusal)) {
  const { gateway, lines } = gatewayOf(refusal, answer)
  const response = await gateway(post('/v1/messages', REQUEST))
  const { type, error } = (await response.json()) as { type: string; error: { type: string; message: string } }
  expect(type).toBe('error')
  return { response, error, lines }
}

function gatewayOf(refusal: Refusal, answer: Answer = answerOf(refusal)): TestGateway {
  const provider = testProvider('http://127.0.0.1:1', refusal.protocol, { models: ['mock-20250514'] })
  return testGateway({ providers: [provider] }, { fetch: scriptedFetch(() => answer) })
}

function answerOf(refusal: Refusal): Answer {
  if (typeof refusal.body !== 'string') return json(refusal.body, refusal.status, refusal.headers)
  return {
    status: refusal.status,
    headers: { 'content-type': 'text/html', ...refusal.headers },
    framing: 'whole',
    pieces: [refusal.body],
  }
}

function textOf({ body }: Refusal): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function expectReadable(message: string): void {
  expect(message.length).toBeLessThanOrEqual(LONGEST)
  expect(message).not.toContain('\\"')
  expect(message).not.toMatch(/[\r\n]|<[a-z!/]/i)
  expect(message).not.toMatch(/\n\s+at |\.cjs:\d/)
}
