import { expect, test } from 'bun:test'
import { resolveConfig } from '../../../src/config/resolve.ts'
import { json, silence, type Answer } from '../../helper/answer.ts'
import { answerTurn } from '../../helper/answer-turn.ts'
import { post, testGateway } from '../../helper/gateway.ts'
import { createUpstream } from '../../helper/upstream.ts'
import { QUESTION } from './stage.ts'

/** A gateway over a written config whose first provider answers so, and whose second one well. */
async function createRuled(rule: object, answer: () => Answer) {
  const one = await createUpstream(answer)
  const two = await createUpstream((request) => answerTurn(request, { text: 'Hello' }))
  const row = (name: string, url: string) => ({ name, api_base_url: `${url}/v1/chat/completions`, models: ['m'] })
  const { config, problems } = resolveConfig(
    {
      Providers: [row('one', one.url), row('two', two.url)],
      Router: { default: 'one,m' },
      retry: { attempts: 2, pause: 1 },
      rules: [{ name: 'careful', use: ['one,m', 'two,m'], ...rule }],
    },
    {},
  )
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return {
    ...testGateway(config),
    asked: () => [one, two].map(({ requests }) => requests.length),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([one.close(), two.close()])
    },
  }
}

const busy = () => json({ error: { message: 'busy' } }, 503)
const ask = () => post('/v1/messages', QUESTION)

test('the deadlines of a rule come over those of the provider', async () => {
  await using ruled = await createRuled({ timeouts: { firstByte: 40 }, retry: false }, silence)
  const response = await ruled.gateway(ask())
  expect(response.headers.get('x-ccr-model')).toBe('two,m')
  expect(response.headers.get('x-ccr-reason')).toContain('but one,m failed (timeout)')
  expect(ruled.asked()).toEqual([1, 1])
})

test.each<[rule: object, asked: number[]]>([
  [{}, [2, 1]],
  [{ retry: false }, [1, 1]],
  [{ retry: { attempts: 1 } }, [1, 1]],
  [{ retry: { total: 1 } }, [1, 0]],
])('a rule with %j has one target asked so often', async (rule, asked) => {
  await using ruled = await createRuled(rule, busy)
  await ruled.gateway(ask())
  expect(ruled.asked()).toEqual(asked)
})

test('a rule hedges its own calls', async () => {
  await using ruled = await createRuled({ hedge: { after: 20 } }, silence)
  expect((await ruled.gateway(ask())).headers.get('x-ccr-model')).toBe('two,m')
  expect(ruled.asked()).toEqual([1, 1])
})
